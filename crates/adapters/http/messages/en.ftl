# What the pages say, in English (Project Fluent, https://projectfluent.org). One message a line: its name, and behind the
# equals sign its text. Names in braces are filled in: names of people and applications, addresses, codes. No HTML: a tag would be
# shown as it is typed. Where a message is missing in another language, this one is shown.

# The name of the language, in the language.
language-name = English
# What the buttons are called together that switch to another language, for people who hear the page.
language-choice = Language

## Signing in

login-title = Sign in to continue to { $client }
# In front of the title of a page that reports a mistake.
title-of-mistake = Error:
login-heading = Sign in
# Below the heading, as one sentence with it.
login-lead = to continue to { $client }
login-username = Username
login-password = Password
login-submit = Sign in
login-failure-cookies-required = Your browser did not send back the cookie this page needs. Allow cookies for this site, then try again.
login-failure-expired = This page was open for too long. Please sign in again.
login-failure-temporarily-unavailable = We cannot check your password right now. Please try again in a moment.
login-failure-too-many-attempts = Too many sign-ins failed.
login-failure-wrong-credentials = The username or the password is not right. Check both and try again.
# Behind it, as sentences of their own.
wait-a-second = Please try again in a second.
wait-seconds = Please try again in { $amount } seconds.
wait-minutes = Please try again in { $amount } minutes.
# What a person tells support, for example 4f2a6c0d91be, stands behind it.
reference = Reference

## Choosing an account

account-title = Choose an account to continue to { $client }
account-heading = Choose an account
account-lead = to continue to { $client }
account-continue = Continue as { $person }
account-another = Use another account

## What an application says of itself

self-registered = This application registered itself. Nobody here has checked who is behind it.
links-label = About { $client }
link-home = Home page
link-policy = Privacy policy
link-terms = Terms of service
# Behind each of the three, for people who hear the page.
link-of = of { $client } (opens in a new tab)

## Consent

consent-title = Allow { $client } to use your account?
consent-heading = Allow { $client } to use your account?
consent-lead = Signed in as { $person }
consent-compare = Is this what your device shows?
# Each of the scopes below completes it.
consent-permissions = It will be able to
consent-new = New
consent-offline = also after you sign out, until it is withdrawn
consent-resources = To be used with { $resources }.
consent-allow = Allow
consent-deny = Deny
consent-destination = Either way you go on to { $host }.
scope-address = See your postal address
scope-email = See your email address
scope-offline-access = Keep this access while you are away
scope-openid = Sign you in and recognise you when you return
scope-phone = See your phone number
scope-profile = See your name and the rest of your profile

## Connecting a device

device-title = Connect a device
device-lead = Type the code that your device shows. Only go on if you have that device before you.
device-wrong = No device shows this code, or not any more. Look at the device again; it may have a new one.
device-code = Code
device-submit = Continue
device-qr-label = QR code of this page
device-qr-caption = To go on with your phone, scan this with its camera.
device-connected = Your device is connected
device-connected-message = It goes on by itself in a few seconds. You can close this page.
device-refused = Your device is not connected
device-refused-message = It was told that you said no. You can close this page.

## Going back to an application

back-title = Back to { $host }
back-lead = If nothing happens, press the button.
back-submit = Continue
leaving-title = This request cannot be completed
leaving-reason = { $client } asked for something that it cannot get here: { $reason }.
leaving-warning = It registered itself, and nobody here has checked who is behind it. Go on to { $host } only if that is where you came from.
leaving-submit = Continue
leaving-link = Continue to { $host }

## Signing out

logout-title = Sign out?
logout-asked-by = { $client } asks to sign you out.
logout-signed-in-as = You are signed in as { $person }
logout-submit = Sign out
logout-stay = To stay signed in, close this page.
signed-out-title = Signed out
signed-out-heading = You are signed out
signed-out-going-on = Going on to { $host }.
signed-out-message = Applications that you used may take a moment to notice. You can close this page.

## Errors

error-code = Error
error-docs = What this error means
error-title-code-answered = This code was answered already
error-title-not-completed = This request cannot be completed
error-title-out-of-date = This page is out of date
error-title-sign-in-expired = This sign-in has expired
error-title-try-again = Please try again in a moment
not-found-title = There is nothing here
not-found-message = Check the address.

# A language may have a message reason-… for each reason of docs/errors.md; English has none, because there the page says what the
# application is told.
