# Was die Seiten sagen, auf Deutsch. Die Anmerkungen stehen in en.ftl.

language-name = Deutsch
language-choice = Sprache

## Anmelden

login-title = Anmelden, um mit { $client } fortzufahren
title-of-mistake = Fehler:
login-heading = Anmelden
login-lead = um mit { $client } fortzufahren
login-username = Benutzername
login-password = Passwort
login-submit = Anmelden
login-failure-cookies-required = Ihr Browser hat das Cookie nicht zurückgeschickt, das diese Seite braucht. Erlauben Sie Cookies für diese Website und versuchen Sie es noch einmal.
login-failure-expired = Diese Seite war zu lange geöffnet. Bitte melden Sie sich noch einmal an.
login-failure-temporarily-unavailable = Wir können Ihr Passwort gerade nicht prüfen. Bitte versuchen Sie es in einem Augenblick noch einmal.
login-failure-too-many-attempts = Zu viele Anmeldungen sind fehlgeschlagen.
login-failure-wrong-credentials = Benutzername oder Passwort ist nicht richtig. Prüfen Sie beides und versuchen Sie es noch einmal.
wait-a-second = Bitte versuchen Sie es in einer Sekunde noch einmal.
wait-seconds = Bitte versuchen Sie es in { $amount } Sekunden noch einmal.
wait-minutes = Bitte versuchen Sie es in { $amount } Minuten noch einmal.
reference = Referenz

## Konto auswählen

account-title = Konto auswählen, um mit { $client } fortzufahren
account-heading = Konto auswählen
account-lead = um mit { $client } fortzufahren
account-continue = Weiter als { $person }
account-another = Anderes Konto verwenden

## Was eine Anwendung über sich sagt

self-registered = Diese Anwendung hat sich selbst registriert. Niemand hier hat geprüft, wer dahintersteht.
links-label = Über { $client }
link-home = Website
link-policy = Datenschutzerklärung
link-terms = Nutzungsbedingungen
link-of = von { $client } (öffnet sich in einem neuen Tab)

## Zustimmung

consent-title = Darf { $client } Ihr Konto verwenden?
consent-heading = Darf { $client } Ihr Konto verwenden?
consent-lead = Angemeldet als { $person }
consent-compare = Zeigt Ihr Gerät diesen Code an?
consent-permissions = Die Anwendung darf dann
consent-new = Neu
consent-offline = auch nachdem Sie sich abgemeldet haben, bis die Erlaubnis widerrufen wird
consent-resources = Zur Verwendung mit { $resources }.
consent-allow = Zulassen
consent-deny = Ablehnen
consent-destination = In beiden Fällen geht es weiter zu { $host }.
scope-address = Ihre Postanschrift sehen
scope-email = Ihre E-Mail-Adresse sehen
scope-offline-access = Diesen Zugriff behalten, während Sie nicht da sind
scope-openid = Sie anmelden und wiedererkennen, wenn Sie zurückkommen
scope-phone = Ihre Telefonnummer sehen
scope-profile = Ihren Namen und Ihr übriges Profil sehen

## Ein Gerät verbinden

device-title = Gerät verbinden
device-lead = Geben Sie den Code ein, den Ihr Gerät anzeigt. Fahren Sie nur fort, wenn Sie dieses Gerät vor sich haben.
device-wrong = Kein Gerät zeigt diesen Code an, oder er gilt nicht mehr. Sehen Sie noch einmal auf das Gerät; vielleicht zeigt es einen neuen an.
device-code = Code
device-submit = Weiter
device-qr-label = QR-Code dieser Seite
device-qr-caption = Um auf Ihrem Telefon weiterzumachen, scannen Sie diesen Code mit der Kamera.
device-connected = Ihr Gerät ist verbunden
device-connected-message = In wenigen Sekunden geht es dort von selbst weiter. Sie können diese Seite schließen.
device-refused = Ihr Gerät ist nicht verbunden
device-refused-message = Das Gerät erfährt, dass Sie abgelehnt haben. Sie können diese Seite schließen.

## Zurück zu einer Anwendung

back-title = Zurück zu { $host }
back-lead = Falls nichts geschieht, drücken Sie auf die Schaltfläche.
back-submit = Weiter
leaving-title = Diese Anfrage kann nicht abgeschlossen werden
leaving-reason = { $client } hat etwas angefragt, das hier nicht möglich ist: { $reason }
leaving-warning = Die Anwendung hat sich selbst registriert, und niemand hier hat geprüft, wer dahintersteht. Gehen Sie nur dann weiter zu { $host }, wenn Sie von dort gekommen sind.
leaving-submit = Weiter
leaving-link = Weiter zu { $host }

## Abmelden

logout-title = Abmelden?
logout-asked-by = { $client } möchte Sie abmelden.
logout-signed-in-as = Sie sind angemeldet als { $person }
logout-submit = Abmelden
logout-stay = Um angemeldet zu bleiben, schließen Sie diese Seite.
signed-out-title = Abgemeldet
signed-out-heading = Sie sind abgemeldet
signed-out-going-on = Weiter zu { $host }.
signed-out-message = Es kann einen Augenblick dauern, bis die Anwendungen, die Sie verwendet haben, es bemerken. Sie können diese Seite schließen.

## Fehler

error-code = Fehler
error-docs = Was dieser Fehler bedeutet
error-title-code-answered = Dieser Code wurde schon beantwortet
error-title-not-completed = Diese Anfrage kann nicht abgeschlossen werden
error-title-out-of-date = Diese Seite ist veraltet
error-title-sign-in-expired = Diese Anmeldung ist abgelaufen
error-title-try-again = Bitte versuchen Sie es gleich noch einmal
not-found-title = Hier gibt es nichts
not-found-message = Prüfen Sie die Adresse.

## Warum etwas nicht geht

reason-access-denied = Der Zugriff wurde abgelehnt.
reason-acr-unmet = Die Anwendung verlangt eine Art der Anmeldung, die es hier nicht gibt.
reason-body-too-large = Es wurden mehr Daten gesendet, als hier angenommen werden.
reason-body-too-slow = Die Daten sind nicht rechtzeitig angekommen. Bitte versuchen Sie es noch einmal.
reason-client-unknown = Die Anwendung, von der Sie kommen, ist hier nicht bekannt.
reason-code-challenge-method-unsupported = Die Anwendung verwendet ein Verfahren, das ihr hier nicht erlaubt ist (code_challenge_method).
reason-code-challenge-required = In der Anfrage der Anwendung fehlt ein Schutz, den sie mitschicken muss (code_challenge).
reason-consent-required = Die Anwendung braucht zuerst Ihre Zustimmung.
reason-credentials-invalid = Benutzername oder Passwort ist nicht richtig, oder die Anmeldung ist nicht erlaubt.
reason-device-code-decided = Der Code ist abgelaufen oder wurde schon beantwortet. Sehen Sie auf Ihr Gerät: Es macht von selbst weiter, oder es zeigt einen neuen Code an.
reason-grant-type-not-allowed = Die Anwendung darf sich auf diesem Weg keinen Zugriff geben lassen.
reason-internal-failure = Auf unserer Seite ist ein Fehler aufgetreten. Wenn Sie sich an den Support wenden, nennen Sie bitte die Referenz.
reason-login-required = Sie müssen sich zuerst anmelden.
reason-logout-client-mismatch = Die Angaben der Anwendung zur Abmeldung widersprechen sich.
reason-logout-expired = Die Frage, ob Sie sich abmelden möchten, ist veraltet. Bitte melden Sie sich noch einmal ab.
reason-media-type-unsupported = Die Daten wurden in einem Format gesendet, das hier nicht angenommen wird.
reason-parameter-encoding-invalid = Die Adresse oder das Formular enthält Zeichen, die nicht lesbar sind.
reason-parameter-invalid = Eine Angabe in der Anfrage ist nicht zulässig.
reason-parameter-missing = In der Anfrage fehlt eine Angabe.
reason-parameter-repeated = Eine Angabe in der Anfrage kommt mehrfach vor.
reason-post-logout-redirect-uri-mismatch = Die Adresse, zu der es nach der Abmeldung weitergehen soll, ist für die Anwendung nicht registriert.
reason-redirect-uri-mismatch = Die Adresse, zu der Sie danach zurückkehren sollen, ist für die Anwendung nicht registriert.
reason-registration-unsupported = Die Anwendung kann sich nicht auf diesem Weg registrieren.
reason-request-expired = Die Anmeldung hat zu lange gedauert oder wurde in einem anderen Browser begonnen. Gehen Sie zurück zur Anwendung und beginnen Sie von vorn.
reason-request-object-invalid = Die signierte Anfrage der Anwendung ist nicht gültig.
reason-request-object-required = Die Anwendung muss ihre Anfrage signieren.
reason-request-uri-unsupported = Anfragen, die an einer anderen Adresse liegen, werden hier nicht abgerufen (request_uri).
reason-resource-invalid = Die Anwendung nennt einen Dienst, dessen Adresse nicht gültig ist.
reason-resource-not-allowed = Die Anwendung darf auf diesen Dienst nicht zugreifen.
reason-response-mode-unsupported = Die Anwendung verlangt die Antwort auf einem Weg, den es hier nicht gibt (response_mode).
reason-response-type-unsupported = Die Anwendung verlangt eine Art von Antwort, die es hier nicht gibt (response_type).
reason-scope-invalid = Die Anwendung verlangt eine Berechtigung, die es nicht gibt oder die sie nicht bekommen darf.
reason-subject-refused = Mit diesem Konto geht es gerade nicht weiter.
reason-temporarily-unavailable = Wir können gerade nicht antworten. Bitte versuchen Sie es in einem Augenblick noch einmal.
reason-too-many-attempts = Hier wurden zu viele falsche Codes eingegeben. Warten Sie einige Minuten und geben Sie dann den Code ein, den das Gerät anzeigt.
