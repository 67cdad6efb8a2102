"""The words by which a step says what it is for, in a few languages, folded as `speech.words.folded` does. Data, no logic."""

from __future__ import annotations

import re

_COPY = r"(?:back-?\s?ups?|dumps?|snapshots?|cop(?:y|ies))"
TAKES = re.compile(
    rf"\b(?:create|take|make|run|perform|trigger|start|do|capture|save|store|get|generate|export|keep|request)\b[^.;]*\b{_COPY}\b"
    r"|\bback(?:ing)? up\b|^(?:\W|\d)*(?:full |manual |fresh |quick |safety |pre-\w+ )*(?:back-?up|snapshot|dump)\b"
    r"|\b(?:sicherung|sicherungskopie|backup|dump|snapshot|abzug)\b[^.;]*\b(?:erstellen|anlegen|machen|ziehen|nehmen|anfertigen)\b"
    r"|\b(?:erstelle|mache|ziehe|nimm|lege)\b[^.;]*\b(?:sicherung|sicherungskopie|backup|dump|snapshot)\b|\bsicher(?:n|e)\b"
    r"|\bsauvegard(?:er|ez|e[sz]?) (?:la|le|les|l'|une? base|tout|l)|^\W*sauvegard(?:er|ez)\b|^\W*sauvegarde\b"
    r"|\b(?:creer|faire|effectuer|prendre|lancer|realiser|creez|faites)\b[^.;]*\b(?:sauvegarde|instantane|snapshot|dump|copie|backup)\b"
    r"|\b(?:crear|hacer|realizar|tomar|sacar|generar|crea|haz|cree|haga)\b[^.;]*\b(?:copia|respaldo|backup|snapshot|volcado|instantanea)\b"
    r"|\brespald(?:ar|e|a)\b"
    r"|\b(?:creare|fare|eseguire|effettuare|criar|fazer|realizar|tirar|faca)\b[^.;]*\b(?:backup|copia|snapshot|dump)\b"
    r"|\b(?:maak|maken|neem)\b[^.;]*\b(?:back-?up|snapshot|dump|kopie)\b",
)
# What is done with a backup that there is already, or has nothing to do with one.
USES = re.compile(
    r"\b(?:restor\w*|recover\w*|wiederherstell\w*|einspiel\w*|zuruckspiel\w*|restaur\w*|ripristin\w*|recuper\w*|herstel\w*"
    r"|list|find|choose|select|locate|pick|delete|remove|prune|clean\w*|old|loschen|download|copy the (?:latest|last))\b"
)
MAKES_SURE = re.compile(
    r"\b(?:verify|check|confirm|ensure|make sure|validate|be sure|prufen?|sicherstellen|verifier|verificar|comprobar)\b"
    r"[^.;]*\b(?:back-?ups?|snapshots?|dumps?|sicherung|sauvegarde|respaldo|copia)\b"
)
NOT_A_BACKUP = re.compile(r"\bback-?up (?:job|server|node|host|script|replica|policy|schedule|window|status|contact)\b")
LOOKS = re.compile(
    r"\b(?:verif\w*|valid(?:ate|ation|iere\w*|er)|confirm\w*|check\w*|ensure|make sure|test(?:s|ing)?|monitor|watch|observe|compare"
    r"|smoke|sanity|inspect|assert|prove|wait (?:for|until)|look (?:at|for)|uber?pruf\w*|pruf\w*|kontrollier\w*|bestatig\w*"
    r"|vergleich\w*|beobacht\w*|testen|controler|controlez|confirmez|surveill\w*|comproba\w*|comprueb\w*|confirmar|revisar"
    r"|sprawdz\w*|weryfik\w*|potwierdz\w*|confer(?:ir|e)|controllare|controlla|conferma\w*|controleer|controleren|bevestig\w*)\b"
)
_TRAFFIC = (
    r"(?:application|app|traffic|writes?|service|services|api|web|workers?|site|system|clients?|connections?|users?)"
)
STOPS = re.compile(
    rf"\b(?:stop|pause|halt|block|cut|disable|drain|shut ?(?:down|off)|take (?:down|offline)|freeze|suspend|quiesce)\b[^.;]{{0,40}}\b{_TRAFFIC}\b"
    r"|\bmaintenance (?:mode|page)\b|\bread-?only mode\b|\bscale\b[^.;]{0,40}\b(?:to 0|to zero|down)\b"
    r"|\b(?:anwendung|verkehr|traffic|dienst|app)\b[^.;]{0,30}\b(?:stoppen|anhalten|abschalten|unterbinden|beenden)\b|\bwartungsmodus\b"
    r"|\b(?:stoppe|halte|beende)\b[^.;]{0,30}\b(?:anwendung|verkehr|traffic|dienst|app)\b"
    r"|\b(?:arreter|arretez|couper|coupez|stopper|bloquer)\b[^.;]{0,40}\b(?:application|trafic|service|ecritures)\b|\bmode maintenance\b"
    r"|\b(?:detener|deten|parar|para|pausar|cortar|bloquear)\b[^.;]{0,40}\b(?:aplicacion|trafico|servicio|escrituras)\b|\bmodo (?:de )?mantenimiento\b"
    r"|\b(?:fermare|bloccare|arrestare)\b[^.;]{0,40}\b(?:applicazione|traffico|servizio)\b"
    r"|\b(?:parar|pausar|interromper)\b[^.;]{0,40}\b(?:aplicacao|trafego|servico)\b"
)
NOT_STOPPING = re.compile(r"\b(?:monitor|resume|restart|verify (?:no|that))\b")
QUIET = re.compile(
    r"\b(?:no|zero|0|without|keine?|aucune?|ningun\w*|nessun\w*)\b[^.;]{0,30}\b(?:connections?|sessions?|writes?|traffic|requests?|clients?|users?"
    r"|verbindung\w*|sitzung\w*|anfragen|schreib\w*|connexions?|requetes?|ecritures?|conexion\w*|sesion\w*|escrituras?|connession\w*)\b"
    r"|\b(?:traffic|requests?|connections?|writes?|sessions?|load)\b[^.;]{0,40}\b(?:(?:is|are|has|have) (?:stopped|gone|drained)|(?:is|are|at|to|be|reach\w*|drops? to|shows?) (?:0|zero)|(?:has|have) drained|drained)\b"
)
BACK = re.compile(
    r"\b(?:undo\w*|roll\w*[ -]?back|revert\w*|back ?out|put back|go back|back (?:to|again|afterwards|down|in)|reverse|way back|irreversible|can ?not be (?:undone|taken back)"
    r"|ruckgangig\w*|zuruck\w*|annul\w*|retour arriere|revenir|deshac\w*|revertir|annulla\w*|ripristin\w*|desfaz\w*|reverter"
    r"|terugdraai\w*|ongedaan|cofn\w*|wycofa\w*|przywroc\w*)\b"
)
