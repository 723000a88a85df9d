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

## Zweite Faktoren und Passkeys

login-title-own = Bei Ihrem Konto anmelden
login-lead-own = um Ihr Konto zu sehen
login-failure-passkey-refused = Mit diesem Passkey können Sie sich hier nicht anmelden. Melden Sie sich mit Ihrem Passwort an oder versuchen Sie es mit einem anderen Passkey.
passkey-sign-in = Mit einem Passkey anmelden
passkey-prove = Passkey verwenden
passkey-make = Passkey hinzufügen
passkey-name = Name des Passkeys, zum Beispiel der des Geräts
passkey-failure = Der Passkey wurde nicht verwendet: Es wurde abgebrochen oder hat zu lange gedauert. Versuchen Sie es noch einmal.
factor-title = Bestätigen Sie, dass Sie es sind
factor-code = Code
factor-recovery-code = Wiederherstellungscode
factor-code-hint = Die sechs Ziffern, die Ihre Authenticator-App zeigt.
factor-recovery-hint = Auch einer Ihrer Wiederherstellungscodes genügt.
factor-submit = Weiter
factor-needs-script = Ein Passkey braucht einen Browser, der Skripte ausführt.
factor-failure-too-many-attempts = Zu viele Codes waren falsch.
factor-failure-wrong = Das ist nicht richtig oder wurde schon verwendet. Versuchen Sie es mit dem nächsten Code oder auf einem anderen Weg.
factor-failure-wrong-new = Das passt nicht. Prüfen Sie, ob die Uhr Ihres Geräts richtig geht, und versuchen Sie es noch einmal.
enrolment-title = Zweiten Faktor einrichten
enrolment-lead = { $client } verlangt mehr als Ihr Passwort.
enrolment-lead-own = Danach meldet ein Passwort allein niemanden mehr an.
enrolment-app = Mit einer Authenticator-App
enrolment-qr-label = QR-Code für Ihre Authenticator-App
enrolment-qr-caption = Scannen Sie ihn mit der App.
enrolment-secret = Oder geben Sie diesen Schlüssel ein:
enrolment-link = App auf diesem Gerät öffnen
enrolment-code = Code, den die App jetzt zeigt
enrolment-submit = Einrichten
enrolment-cancel = Zurück
recovery-title = Ihre Wiederherstellungscodes
recovery-lead = Jeder von ihnen meldet Sie einmal an, wenn Sie Ihren zweiten Faktor verlieren.
recovery-message = Schreiben Sie sie auf oder bewahren Sie sie bei Ihren Passwörtern auf. Sie werden nicht noch einmal gezeigt.
recovery-submit = Ich habe sie aufbewahrt

## Mein Konto

my-account-title = Mein Konto
my-account-done = Erledigt.
my-account-profile = Profil
my-account-save = Speichern
my-account-password = Passwort
my-account-current-password = Bisheriges Passwort
my-account-new-password = Neues Passwort
my-account-password-hint = Mindestens { $length } Zeichen, und nichts, was leicht zu erraten ist. Überall sonst werden Sie abgemeldet.
my-account-change-password = Passwort ändern
my-account-factors = Zweite Faktoren
my-account-factors-some = Ein Passwort allein meldet niemanden an.
my-account-factors-none = Wer Ihr Passwort kennt, kann sich als Sie anmelden. Ein zweiter Faktor verhindert das.
my-account-app = Authenticator-App
my-account-is-set-up = eingerichtet
my-account-is-not-set-up = nicht eingerichtet
my-account-set-up = Einrichten
my-account-replace = Ersetzen
my-account-remove = Entfernen
my-account-passkey = Passkey
my-account-added = hinzugefügt { $time }
my-account-used = verwendet { $time }
my-account-recovery-codes = Wiederherstellungscodes
my-account-codes-left = übrig: { $count }
my-account-renew = Neue Codes
my-account-sessions = Wo Sie angemeldet sind
my-account-unknown-browser = Unbekannter Browser
my-account-this-session = Dieser hier
my-account-signed-in = seit { $time }
my-account-sign-out = Abmelden
my-account-sign-out-others = Überall sonst abmelden
my-account-applications = Anwendungen mit Zugriff
my-account-no-applications = Keine Anwendung hat Zugriff auf Ihr Konto.
my-account-since = seit { $time }
my-account-grants = Berechtigungen: { $count }
my-account-grant = { $since } bis { $until }
my-account-end = Beenden
my-account-withdraw = Zugriff entziehen
my-account-failure-claims = Das lässt sich nicht speichern. Prüfen Sie, was Sie eingegeben haben.
my-account-failure-password-common = Dieses Passwort ist leicht zu erraten. Besser sind ein paar Wörter, die nichts miteinander zu tun haben.
my-account-failure-password-too-short = Dieses Passwort ist zu kurz. Es braucht mindestens { $length } Zeichen.
my-account-failure-password-wrong = Das bisherige Passwort ist nicht richtig.
claim-email = E-Mail
claim-family-name = Nachname
claim-given-name = Vorname
claim-name = Name
claim-nickname = Spitzname
claim-phone-number = Telefonnummer
claim-website = Website

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

## Anfragen ausprobieren

playground-name = Playground
playground-question = Playground: Was möchten Sie ausprobieren?
playground-again = Ändern und noch einmal senden
playground-promise = Nichts von dem, was Sie eingeben, bleibt auf dem Server: Es reist durch Ihren Browser, für diesen versiegelt. Die Anfragen sind echt, und die Tokens sind es auch.
playground-passes = bestanden:
playground-fails = nicht bestanden:
playground-known = Passende Clients aus den Beispieldaten:
playground-callback = Diese Redirect URI muss für den Client registriert sein, genau so:
playground-client = Client
playground-client-id = Client-ID
playground-client-secret = Client-Secret
playground-client-secret-help = Lassen Sie es leer für einen öffentlichen Client und für einen, der mit einem privaten Schlüssel signiert.
playground-client-secret-kept = Das Secret von { $client } ist schon da, versiegelt und unsichtbar. Geben Sie ein anderes ein, um dieses zu senden.
playground-client-secret-missing = Bitte geben Sie das Secret des Clients ein.
playground-client-secret-too-short = Um mit HS256 zu signieren, muss ein Secret mindestens 32 Byte lang sein (RFC 7518 §3.2).
playground-authentication = Authentifizierung
playground-client-secret-basic = Das Secret steht im Header Authorization.
playground-client-secret-post = Das Secret steht im Body.
playground-client-secret-jwt = Das Secret signiert eine Assertion (HS256), die für eine Anfrage gilt. Das Secret selbst wird nicht gesendet.
playground-private-key-jwt = Der private Schlüssel signiert eine Assertion, die für eine Anfrage gilt. Der Schlüssel selbst wird nicht gesendet.
playground-no-authentication = Ein öffentlicher Client hat kein Secret: Er nennt nur seine ID.
playground-private-key = Privater Schlüssel
playground-private-key-help = Nur für { $method }: ein JWK oder PKCS#8 in PEM. Er signiert diese Anfrage und wird nirgends aufbewahrt; die nächste Anfrage braucht ihn daher noch einmal.
playground-private-key-missing = Bitte fügen Sie den privaten Schlüssel des Clients ein.
playground-private-key-public = Das ist der öffentliche Teil, mit dem Signaturen geprüft werden. Zum Signieren wird der private Schlüssel gebraucht.
playground-private-key-unreadable = Das ist nicht lesbar: Es ist weder ein JWK noch PKCS#8 in PEM, oder seine Zahlen fehlen, sind zu klein oder gehören nicht zu einem Schlüssel.
playground-private-key-unsupported = Dieser Schlüssel kann hier nicht signieren. Schlüssel auf P-256, von Ed25519 und von RSA können es (2048 bis 8192 Bit), wenn sie weder verschlüsselt noch für etwas anderes bestimmt sind.
playground-request = Anfrage
playground-request-help = Was leer bleibt, wird weggelassen.
playground-left-out = (weggelassen)
playground-show-secrets = Secrets und Passwörter in der Anfrage zeigen
playground-go = Weiter zum Authorization Endpoint
playground-send = Senden

## Die Antwort auf eine ausprobierte Anfrage

playground-sent = Die Anfrage, wie sie gesendet wurde
playground-curl = Dasselbe mit curl
playground-curl-variables = Legen Sie das Geheimnis zuerst in { $variables } ab, etwa mit { $command }.
playground-curl-encoding = { $variable } muss das Secret formularkodiert enthalten (RFC 6749 §2.3.1): Für { $option } tut curl das nicht.
playground-curl-assertion = Die Assertion darin gilt für eine Anfrage, und das war diese: Eine zweite braucht eine neue.
playground-answer = Die Antwort
playground-answer-body = Body der Antwort
playground-sent-back = zurückgeschickt an die Redirect URI mit
playground-jwt = Was in { $jwt } steht
playground-jwt-header = Header von { $jwt }
playground-jwt-claims = Claims von { $jwt }
playground-next = Was Sie als Nächstes ausprobieren können
playground-device = Seien Sie jetzt die Person, und kommen Sie dann hierher zurück.
playground-device-link = Gerät zulassen
playground-new-tab = (öffnet sich in einem neuen Tab)
playground-next-poll = Fragen, ob die Person entschieden hat
playground-next-userinfo = UserInfo fragen, wer es ist
playground-next-refresh = Erneuern
playground-next-exchange = Access Token tauschen
playground-next-introspect-access = Access Token untersuchen
playground-next-introspect-refresh = Refresh Token untersuchen
playground-next-revoke-access = Access Token widerrufen
playground-next-revoke-refresh = Refresh Token widerrufen

## Warum eine Anfrage nicht ausprobiert wurde

playground-not-this-browser = Diese Seite war nicht für diesen Browser bestimmt, oder sie war zu lange geöffnet. Es wurde nichts gesendet. Bitte füllen Sie sie noch einmal aus; Ihr Browser muss Cookies behalten.
playground-nobody-waits = Keine Anfrage dieses Browsers wartet auf diese Antwort: Sie hat zu lange gedauert, wurde schon beantwortet oder begann in einem anderen Browser. Bitte beginnen Sie noch einmal.
playground-wrong-answer = Das ist nicht die Antwort auf die Anfrage, die dieser Browser gesendet hat. Ein Client hört hier auf: Der Code wird nicht verwendet.
playground-client-missing = Bitte geben Sie die ID des Clients ein: bis zu 255 Buchstaben, Ziffern und Zeichen aus ASCII.
playground-too-long = Das ist mehr, als in das Cookie passt, in dem es auf die Antwort warten muss. Bitte kürzen Sie es.
playground-no-header = Die Eingabe kann nicht in einem Header stehen: Sie enthält Zeichen, die kein Header enthalten darf.
playground-no-signature = Es wurde nichts gesendet: Mit dem, was eingegeben wurde, lässt sich nichts signieren. Sehen Sie sich das markierte Feld an.
playground-not-sent = Die Anfrage konnte nicht gesendet werden.

## Was ein Client an der Antwort prüft

playground-check-missing = fehlt
playground-check-this-server = ist dieser Server
playground-check-other-server = ist { $found }, nicht dieser Server
playground-check-this-client = ist dieser Client
playground-check-other-client = ist { $found }, nicht dieser Client
playground-check-resources = ein Resource Server, der nicht { $audience } ist, muss es ablehnen
playground-check-expires = in { $seconds } Sekunden
playground-check-expired = ist vorbei
playground-check-type = ist { $found }
playground-check-other-type = ist { $found }, nicht { $wanted }
playground-check-as-sent = ist der Wert, der gesendet wurde
playground-check-not-as-sent = ist ein anderer, als gesendet wurde
playground-check-nonce-missing = fehlt, obwohl eine Nonce gesendet wurde
playground-check-nonce-none = mit dieser Anfrage wurde keine gesendet, und es kam keine zurück
playground-check-nonce-unasked = kam zurück, obwohl keine gesendet wurde
playground-check-hash = ist der des Access Tokens
playground-check-other-hash = ist nicht der des Access Tokens
playground-check-signature-key = { $algorithm }, stimmt mit dem veröffentlichten Schlüssel { $key }
playground-check-signature-keys = { $algorithm }, stimmt mit einem veröffentlichten Schlüssel
playground-check-signature-client-keys = { $algorithm }, stimmt mit den registrierten Schlüsseln des Clients
playground-check-signature-secret = { $algorithm }, stimmt mit dem Secret des Clients
playground-check-no-signature-key = { $algorithm }, stimmt nicht mit dem veröffentlichten Schlüssel { $key }
playground-check-no-signature-keys = { $algorithm }, stimmt mit keinem veröffentlichten Schlüssel
playground-check-no-signature-client-keys = { $algorithm }, stimmt nicht mit den registrierten Schlüsseln des Clients
playground-check-no-signature-secret = { $algorithm }, stimmt nicht mit dem Secret des Clients
playground-check-signature-unknown = hat einen unbekannten Algorithmus
playground-check-signature-later = kann gerade nicht geprüft werden

## Was sich ausprobieren lässt

playground-authorization-code = Authorization Code
playground-authorization-code-about = Eine Person meldet sich hier an und erlaubt es, und der Client bekommt einen Code für Tokens. Die Anfrage nach dem Code geht durch die echten Seiten; state, nonce und PKCE werden für Sie erzeugt und geprüft.
playground-redeem-code = Code einlösen
playground-redeem-code-about = Die zweite Hälfte des Code Flows: Der Client tauscht den Code gegen Tokens, innerhalb einer Minute und nur einmal. Was bei einem zweiten Mal geschieht, ist auch einen Versuch wert.
playground-refresh-token = Refresh Token
playground-refresh-token-about = Ein neues Access Token ohne die Person. Wenn der Client nicht anders eingerichtet ist, gibt es jedes Mal auch ein neues Refresh Token, und das alte darf nicht noch einmal kommen.
playground-client-credentials = Client Credentials
playground-client-credentials-about = Ein Client bekommt ein Token für sich selbst: ohne Person und ohne Refresh Token.
playground-password = Passwort
playground-password-about = Der Client bekommt das Passwort der Person in die Hand. Für alte Clients, denen das erlaubt ist; neue verwenden den Authorization Code.
playground-token-exchange = Token Exchange
playground-token-exchange-about = Ein Dienst tauscht ein Token, das er bekommen hat, gegen eines, das er weitergeben kann: für eine andere Audience, mit weniger Scope. Was getauscht werden darf, sagt die Regel des Clients.
playground-device-authorization = Device Authorization
playground-device-authorization-about = Ein Gerät ohne Browser fragt nach zwei Codes: einem, den es der Person zeigt, und einem, mit dem es immer wieder fragt, ob die Person es erlaubt hat.
playground-device-code = Device Code
playground-device-code-about = Das Gerät fragt, ob die Person entschieden hat. Früher, als das Intervall sagt, ist zu früh.
playground-introspection = Introspection
playground-introspection-about = Ist dieses Token gültig, und wofür? Fragen darf der Client, für den es ausgestellt wurde, eine seiner Audiences oder ein Client, der jedes ansehen darf.
playground-revocation = Revocation
playground-revocation-about = Der Client gibt ein Token zurück. Ein Refresh Token nimmt seinen ganzen Grant mit. Ein unbekanntes Token ist kein Fehler.
playground-userinfo = UserInfo
playground-userinfo-about = Wer sich angemeldet hat, soweit der Scope es sagt. Braucht ein Access Token mit dem Scope openid.

## Was sich ausfüllen lässt

playground-field-access-token = Access Token
playground-field-access-token-help = Steht im Header Authorization.
playground-field-actor-token = Actor Token
playground-field-actor-token-help = Wer für das Subject handelt, wenn das im neuen Token stehen soll.
playground-field-actor-token-type = Typ des Actor Tokens
playground-field-actor-token-type-help = Der des Actor Tokens; nötig, wenn es eines gibt, und nur dann.
playground-field-audience = Audience
playground-field-audience-help = Für wen das neue Token ist, mit Namen. Mehrere werden durch Leerzeichen getrennt.
playground-field-claims = Claims
playground-field-claims-help = Einzelne Claims als JSON, etwa { "{" }"id_token":{ "{" }"email":null{ "}" }{ "}" }.
playground-field-code = Code
playground-field-code-help = Was der Authorization Endpoint gegeben hat.
playground-field-code-verifier = PKCE-Verifier
playground-field-code-verifier-help = Woraus die Challenge gemacht wurde: beweist, dass den Code einlöst, wer nach ihm gefragt hat.
playground-field-device-code = Device Code
playground-field-device-code-help = Was der Device Authorization Endpoint gegeben hat.
playground-field-login-hint = Login Hint
playground-field-login-hint-help = Wer sich anmelden wird: füllt den Namen auf der Anmeldeseite aus.
playground-field-max-age = Höchstalter
playground-field-max-age-help = Vor wie vielen Sekunden sich die Person höchstens angemeldet haben darf; sonst meldet sie sich noch einmal an.
playground-field-nonce = Nonce
playground-field-nonce-help = Kommt im ID Token zurück.
playground-field-password = Passwort
playground-field-password-help = Das der Person. Es wird nicht für die nächste Anfrage aufbewahrt.
playground-field-prompt = Prompt
playground-field-prompt-help = Welche Seite gezeigt werden muss, oder keine.
playground-field-redirect-uri = Redirect URI
playground-field-redirect-uri-help = Dieselbe wie in der Anfrage nach dem Code.
playground-field-refresh-token = Refresh Token
playground-field-refresh-token-help = Das neueste, das der Client bekommen hat.
playground-field-requested-token-type = Gewünschter Token-Typ
playground-field-requested-token-type-help = Was gewünscht ist; ein Access Token, wenn es weggelassen wird.
playground-field-resource = Resource
playground-field-resource-help = Für wen das Access Token ist, mit Adresse. Mehrere werden durch Leerzeichen getrennt.
playground-field-scope = Scope
playground-field-scope-help = Worum gebeten wird, durch Leerzeichen getrennt. Mit openid gibt es ein ID Token; mit offline_access überdauert der Zugriff die Anmeldung.
playground-field-scope-narrowed-help = Weniger als zuvor, wenn das neue Token für weniger gelten soll.
playground-field-subject-token = Subject Token
playground-field-subject-token-help = Das Token, das getauscht wird: um wen es im neuen geht.
playground-field-subject-token-type = Typ des Subject Tokens
playground-field-subject-token-type-help = Was das Subject Token ist.
playground-field-token = Token
playground-field-token-help = Ein Access Token oder ein Refresh Token.
playground-field-token-type-hint = Hinweis auf den Token-Typ
playground-field-token-type-hint-help = Was es wahrscheinlich ist. Der Server findet es selbst heraus.
playground-field-username = Benutzername
playground-field-username-help = Der Name der Person, deren Token es wird.

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
