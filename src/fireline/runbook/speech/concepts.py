"""What people call the same trouble: each concept with the words and phrases that speak of it. Data, no logic.

A complaint seldom uses the runbook's words. Both are put under these concepts; whatever is in no concept counts by itself.
Phrases are compared stem by stem, `not` stands for does not, won't, no longer …, and `cant` for cannot, could not, unable to.
"""

from __future__ import annotations

# Where it hurts: they choose between two procedures, and are hardly a reason by themselves.
SCOPES = {
    "database": """database, db, postgres, postgresql, pg, rds, supabase, sql, psql, table, tables, column, row, rows, index, schema,
        transaction, select, vacuum, autovacuum, planner, replica, relation, pg stat activity, pg stat statements, jdbc""",
    "app": """app, application, mobile, phone, phones, smartphone, tablet, ios, iphone, ipad, android, device, screen, ui, frontend, client app,
        mobile client, expo, react native, swipe, swiping, scroll, scrolling, tap, taps, play console, app store, testflight, home screen, icon, splash, foreground""",
    "feature": """feature, function, functionality, button, form, page, checkout, export, import, upload, download, search, filter, filters, calendar, sync, login page, menu, dialog,
        link, submit, save, pdf, banner, press, click, clicking, settings page, chat, attachment, share""",
    "data": """data, record, records, rows, row, entries, entry, grades, submissions, assignments, orders, payments, invoice, invoices, totals, table, tables, balance, history, integrity""",
    "security": "security, secure, attack, attacker, intruder, unauthorized, permission, privilege, rls, row level security, policy",
}

# What is wrong. Each is a reason.
TROUBLES = {
    "connect": """connect, econnrefused, connection refused, cant connect, cant reach, unreachable, not reachable, reach the database,
        too many clients, no more clients, many clients, too many connections, hikari, no free connection, connection reset, reset by peer, remaining slots, connection slots, slots are reserved, out of slots, max connections, pool, pooler, pgbouncer, pool exhausted,
        pool is exhausted, socket, server closed the, handshake, no route to host, host is down,
        acquire connection, remaining connection slots, connection leak, session pool, not accepting,
        out of connections, sessions exhausted, econnreset, enotfound, 5432""",
    "refused": "refused, refuse, econnrefused, reject, rejected, denied by server",
    "exhausted": """exhausted, exhaust, too many, too many clients, pool is full, slots are full, run out, running out, ran out, no more, limit reached, all in use, used up, slots,
        count, reserved, saturated, saturation, maxed out""",
    "timeout": """timeout, time out, timed out, timing out, deadline exceeded, gave up waiting, etimedout, gateway timeout, 504,
        statement timeout, lock timeout, took too long, no answer, not answer, not respond""",
    "slow": """slow, slowdown, latency, lag, laggy, sluggish, takes long, takes forever, take forever, takes ages, forever, crawl, crawling, p50, p90, p95, p99, percentile,
        spin, spinning, spins, loading, takes seconds, takes minutes, takes hours, seconds to load, minutes to load, runs for hours, degrade, degradation, performance,
        bottleneck, throughput, unresponsive, hang, freeze, stutter, janky, jank, frames drop, drop frames, dropped frames, wait, waiting, backlog, piling up, response time, respond""",
    "lock": """lock, locked, locks, blocked, blocking, block behind, waits on, idle in transaction, deadlock, contention, stuck behind, hang, stuck, queue behind, held by""",
    "query": """query, statement, select, sql, explain, sequential scan, seq scan, full table scan, nested loop, planner, query plan, plan, index scan, pg stat statements,
        bloat, autovacuum, vacuum, report, update, join, analyze, missing index, statistics""",
    "cpu": """cpu, processor, load, load average, cores, core, pegged, pinned, 100 percent, saturated, high load, system load, busy""",
    "disk": "disk, storage, space left, no space, iops, volume, filesystem, wal, pg wal, tablespace, inode",
    "replication": "replication, replica, standby, replay, failover, wal sender, streaming, slot, lagging replica",
    "inconsistent": """inconsistent, mismatch, mismatched, disagree, disagrees, not add up, not match, differ, differs, diverge, drift, out of sync, wrong totals, wrong balance,
        duplicate, duplicates, duplicated, twice, negative balance, integrity, corruption, corrupt, garbled, invalid page, checksum, torn page, contradict""",
    "reference": """foreign key, fk, orphan, orphaned, dangling, referential, reference, references, referenced, not exist, point at, points at, points to nothing, parent row, violate, integrity, constraint""",
    "missing": """missing, disappear, disappeared, vanish, vanished, gone, lose, lost, wiped, wipe, erased, deleted, not there, were there, empty, emptied, truncated,
        cant find, nowhere, blank, not exist, data loss""",
    "launch": """launch, start up, startup, not start, on start, at start, after start, app start, boot, splash, splash screen, white screen, black screen, blank screen, cold start, cant open, not open, wont open, open it,
        open the app, cant get in, reinstall, reinstalling, tap the icon, icon""",
    "crash": """crash, quit, quits, force close, force closes, force closed, close itself, closes itself, closing itself, closes right after, exits, segfault, sigsegv, sigabrt, sigkill, signal 11, fatal signal,
        fatal exception, anr, abort, aborted, panic, core dump, stack trace, crashlytics, crash free, throws me out, shuts itself, back to the home screen, crash loop, crashloopbackoff, die, killed, restarts itself""",
    "memory": """memory, ram, heap, oom, out of memory, memory leak, leak, leaks, rss, swap, swapping, gc, garbage collection, grows until, keeps growing""",
    "battery": """battery, drain, drained, charge, charging, charger, power usage, hot, warm, overheat, overheats, heats up, phone is dead, phone dies, energy, wakelock""",
    "broken": """not work, break, nothing happens, not happen, no effect, stopped working, not load, malfunction, fail, fails, failing, failed, failure, ignore, ignored, not arrive, never arrives, not send,
        not save, not show, not appear, not display, do nothing, does nothing, stopped, empty file, empty page, blank page, regression, bug, buggy, defect, useless, unusable""",
    "error": "error, exception, message, 500, 502, 503, 5xx, stack trace, went wrong, something went wrong, fault, warning, http 500",
    "unexpected": """unexpected, odd, weird, strange, wrong, incorrect, unusual, behavior, behaviour, misbehave, misbehaving, not expected, wrong result, surprising""",
    "breach": """breach, hack, hacked, hacker, attacker, attack, intrusion, intruder, compromise, compromised, steal, stolen, unauthorized, unauthorized access, suspicious, suspect, suspected, break in, broken in, broke in, broken into,
        malware, ransom, ransomware, phishing, brute force, password spraying, spraying, credential stuffing, failed login, failed logins, failed sign, sign in from, sign ins, strange login, unknown ip, account takeover,
        got in, backdoor, exploit, injection, sql injection, escalate privileges, privilege escalation, leaked token, leaked key, leaked credential, leaked password, from abroad, login from, used our, misused, abused, abuse, hammered, stolen passwords, not ours, somebody used""",
    "secret": """secret, secrets, api key, key, token, tokens, credential, credentials, password leaked, private key, service role, service role key, access key, jwt secret, env file, pastebin,
        pushed to github, public repo, public github repo, github repo, committed, public repository, rotate, leaked key""",
    "exposure": """exposure, search engine, search engines, public bucket, readable by anyone, read by anyone, visible to anyone, visible to everyone, visible to everybody, anyone can read, anyone can see, can see other, see other, sees other, each other's, see each other, strangers, to strangers, someone else's, other users, other people, others' data, other customers, another customer,
        other tenants, wrong tenant, cross tenant, personal data, pii, gdpr, privacy, private, should be private, data leak, leaked data, leak, leaked, dump for sale, indexed by google, without logging in,
        without login, not logged in, confidential, disclosure, disclosed, vulnerability, publicly""",
    "rollback": """rollback, roll back, rolled back, rolling back, revert, undo, back out, go back, return to, return to the state, as it was, back to, going back, bring back, put back, previous version, previous build, previous release, last good, last known good,
        restore, recover, recovery, downgrade, old version, earlier version, take back, withdraw""",
    "backup": "backup, backups, dump, pg dump, snapshot, archive, point in time, pitr, last night, recover, restore, from before, restore from backup",
    "migration": "migration, migrations, migrate, alter table, schema change, dropped a column, drop column, import, ddl, dropped the table, wrong database",
    "release": """release, releases, deploy, deployment, deployed, build, builds, version, versions, ota, ota update, over the air, update, rollout, shipped, publish, published, hotfix, eas, breaking change, previous build""",
    "down": "down, outage, offline, unavailable, not available, unreachable, site is down, not respond, dead, cant be reached",
    "queue": "queue, queues, kafka, rabbitmq, consumer, celery, sidekiq, backlog, dead letter",
    "cache": "cache, redis, memcached, cache hit, evicted, eviction",
    "payment": "payment provider, stripe webhook, card declined, charge failed, refund",
    "email": "smtp, bounce, bounced, mail delivery, spam folder",
}

# What most runbooks do not speak of: where the runbook is silent about it, the rest of the complaint counts for less.
ELSEWHERE = {
    "office": """printer, paper jam, jammed, coffee, coffee machine, meeting room, office, badge, door, desk, chair, kitchen, laptop, notebook, monitor, headset, keyboard, projector, wifi, vpn, elevator, parking, phone line""",
    "certificate": "certificate, tls certificate, ssl certificate, cert, expires in, letsencrypt, acme, renew the certificate",
    "dns": "dns, nameserver, resolve the domain, mx record, domain name, mail domain, registrar",
    "pipeline": "ci, ci pipeline, pipeline, github actions, runner, runners, jenkins, gitlab runner, build server, build agent, unit tests, linter",
    "staff": """mailing list, new colleague, colleague, vacation, holiday request, hr, payroll, onboarding, contract, vendor, meeting, training, invite, interview""",
    "billing": "hosting provider, invoice from, our bill, cloud bill, cost, costs, subscription renewal, licence, license, quote, purchase, budget",
    "marketing": "marketing site, newsletter, campaign, landing page, logo, press release, conference, booth",
}

CONCEPTS = {**SCOPES, **TROUBLES, **ELSEWHERE}

# A complaint about the one is also, with this weight, one about the other.
RELATED = {
    "lock": {"slow": 0.8, "timeout": 0.7, "query": 0.4, "database": 0.8},
    "query": {"database": 0.8},
    "slow": {"timeout": 0.7, "query": 0.2},
    "timeout": {"slow": 0.5, "query": 0.2},
    "exhausted": {"connect": 0.4},
    "refused": {"connect": 0.8},
    "cpu": {"slow": 0.5},
    "reference": {"inconsistent": 0.7},
    "inconsistent": {"reference": 0.5, "data": 0.3},
    "missing": {"inconsistent": 0.4},
    "launch": {"crash": 0.7},
    "crash": {"launch": 0.6},
    "memory": {"battery": 0.2, "slow": 0.2},
    "battery": {"memory": 0.3},
    "secret": {"breach": 0.8},
    "breach": {"secret": 0.5, "security": 1.0},
    "exposure": {"breach": 0.3, "security": 0.3},
    "broken": {"feature": 0.6, "unexpected": 0.5, "error": 0.4},
    "unexpected": {"broken": 0.6, "error": 0.3},
    "error": {"broken": 0.4},
    "feature": {"broken": 0.3},
    "backup": {"rollback": 0.7},
    "migration": {"rollback": 0.3, "database": 0.8},
    "release": {"app": 0.8},
    "rollback": {"backup": 0.5},
    "down": {"connect": 0.4, "broken": 0.4},
    "data": {"database": 0.5},
}
