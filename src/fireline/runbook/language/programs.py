"""Names of programs that runbooks call, by which a text without a language is told from prose. Data, no logic."""

from __future__ import annotations

PROGRAMS = frozenset(
    """
    aa-status ab adb age alembic amtool ansible ansible-galaxy ansible-inventory ansible-playbook ansible-vault
    apachectl apk apt apt-cache apt-get apt-mark aptitude arch argocd awk aws aws-vault az azcopy barman
    base32 base64 basename bash bazel bc blkdiscard blkid borg bpftool bq brctl brew bridge btrfs buildah bundle
    bunzip2 bzcat bzip2 cal calicoctl cargo cassandra-cli cat celery ceph certbot cfssl chage chattr chgrp chmod
    chown chpasswd chronyc chroot cilium circleci cksum clamscan clickhouse-client clusterdb cmctl cmp cockroach
    comm composer conntrack consul consul-template cp cqlsh createdb createuser crictl crm crontab cryptsetup
    csplit ctr curl cut cypher-shell dapr date dbt dd debugfs df diff dig dir dirname django-admin dmesg
    dmidecode dnctl dnf docker docker-compose docker-machine doctl doppler dotnet dpkg dracut drbdadm dropdb
    dropuser drush du e2fsck eas echo egrep eksctl elasticsearch-plugin env envsubst etcdctl etcdutl ethtool
    exim exiqgrep expand expo expr factor fail2ban-client falco fallocate false fastlane fdisk fgrep find
    findmnt firebase fireline flask flock flux fluxctl fly flyctl flyway fmt fold free fsck fstrim fuser gatsby
    gawk gcloud gcore gdb getent getfacl gh gh-ost git glab gluster gnutls-cli go gpg gradle grep groups
    growpart grub-install gsettings gsutil gunicorn gunzip gzip hadoop haproxy hbase hcloud hdfs head helm helm3
    helmfile heroku hivemq host hostid hostnamectl htop htpasswd httpie hwclock id ifconfig iftop influx initdb
    innobackupex install ionice iostat iotop ip ip6tables ipmitool ipset iptables iptables-save ipvsadm istioctl
    iwctl java jcmd jfrog jmap join journalctl jq jstack jstat k3s k9s kafka-configs kafka-configs.sh
    kafka-consumer-groups kafka-consumer-groups.sh kafka-reassign-partitions kafka-reassign-partitions.sh
    kafka-topics kafka-topics.sh kafkacat kcat keytool kill killall kind kinit klist knex kops kubeadm kubectl
    kubectl-ctx kubectx kubens kubeseal kustomize last lastb launchctl ldapadd ldapdelete ldapmodify ldapsearch
    ldapwhoami less link linkerd litestream ln logger loginctl logname logrotate losetup ls lsblk lscpu lsmod
    lsof lspci lsusb lvconvert lvcreate lvextend lvremove lvresize lvs lz4 mail mailq make mariadb mariadb-dump
    mawk maxctrl mc md5sum mdadm megacli minikube minio mix mkdir mkfifo mkfs mkfs.ext4 mkfs.xfs mknod mktemp
    modprobe mongo mongodump mongorestore mongosh mongostat mongotop more mount mpstat mtr multipath multipathd
    mv mvn mysql mysqladmin mysqlbinlog mysqlcheck mysqldump mysqlsh n8n named-checkconf named-checkzone nano nc
    neonctl netlify netplan netstat newrelic nfsstat nft nginx nice nl nmap nmcli node nodetool nohup nomad npm
    nproc npx nsenter nslookup nsupdate ntpdate ntpq numfmt oc octavia od opensearch-plugin openssl openstack
    orchestrator-client osqueryi packer parted passenger passenger-status passwd paste pathchk patronictl pcs
    perf perl pg_activity pg_amcheck pg_archivecleanup pg_basebackup pg_controldata pg_createcluster pg_ctl
    pg_ctlcluster pg_dropcluster pg_dump pg_dumpall pg_isready pg_lsclusters pg_receivewal pg_repack pg_resetwal
    pg_restore pg_rewind pg_top pg_upgrade pg_upgradecluster pg_verifybackup pgbackrest pgbench pgbouncer pgcli
    pgloader pgpool pgrep php phpunit pidof pidstat ping pip pip3 pipx pkill planetscale pm2 pnpm pod podman
    poetry postcat postconf postfix postgres postmap postqueue postsuper powershell pr printenv printf prisma
    promtool proxysql ps pscale psql pstree pt-online-schema-change pt-query-digest pt-table-checksum pulumi
    puma puppet pv pvcreate pvresize pvs pwd pwsh pytest python python3 rabbitmq-diagnostics rabbitmq-plugins
    rabbitmq-queues rabbitmqadmin rabbitmqctl radosgw-admin rails railway rake rbd rclone readlink realpath
    redis-cli redis-server reindexdb repmgr resize2fs resolvconf resolvectl restic rke rm rmdir rndc route rpm
    rsync rsyslogd ruby s3cmd salt-call sar scontrol scp screen sed sentry sentry-cli seq service sestatus
    setenforce setfacl setsid sftp sh sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sinfo skopeo
    slapadd slapcat sleep smartctl smbclient smbstatus snap snmpget snmpwalk softwareupdate solr sort sosreport
    split sqlcmd sqlite3 sqlplus squeue squid ss ssh ssh-add ssh-agent ssh-copy-id ssh-keygen stat stdbuf stern
    stolonctl strace stty su sudo sum supabase supervisorctl swapoff swapon sync sysctl systemctl
    systemd-analyze systemd-cgls systemd-resolve systemd-run tac tail tailscale talosctl tar taskset tc tcpdump
    tcpkill tee telnet temporal terraform terragrunt test testssl.sh tfenv timedatectl timeout tmux tofu top
    touch tr traceroute traefik trino trivy true truncate ts-node tshark tsort tsx tty tune2fs udevadm ufw
    umount uname unbound-control unexpand uniq unlink unshare unxz unzip unzstd update-ca-certificates
    update-grub update-initramfs uptime useradd userdel usermod users uuidgen uv uvicorn vacuumdb varnishadm
    varnishlog vault vdir velero vercel vgcreate vgextend vgremove vgs vi vim virsh visudo vitess vmctl vmstat
    vtctlclient wal-g watch wc wg wget who whoami wipefs wireguard wrangler xargs xfs_growfs xfs_info
    xfs_repair xtrabackup xz xzcat yarn yes yq yum zabbix_get zabbix_sender zcat zfs zip zkCli.sh
    zookeeper-shell zpool zstd zstdcat zypper
    """.split()  # noqa: SIM905 - a list of words is easier to read than of strings
)

# Of those, the names that are English words too, or a few letters that mean something else.
ENGLISH = frozenset(
    """
    age bridge bundle cal cat comm composer convert cut date deploy dir diff expand expo factor false find flock fly fold
    free go head host id install join kill last less link locate logger look mail make more mount nice node
    packer parted paste patch perf pod pr rails render route screen seq service sleep sort split stat strings sum sync
    tail test time timeout top touch true truncate unlink up users watch who yes postgres
    """.split()  # noqa: SIM905
)
