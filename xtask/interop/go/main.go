// Command interop runs golang.org/x/oauth2 with coreos/go-oidc against Grantor, by the calls of their documentation.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/authhandler"
	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	if err := checkAll(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// checkAll does every check, as far as there is discovery. Those that go on from a failed one fail too.
func checkAll(ctx context.Context) error {
	settings, err := readSettings()
	if err != nil {
		return err
	}
	browser, err := newBrowser(settings.Issuer, settings.User)
	if err != nil {
		return err
	}
	checks := checks{ctx: ctx, settings: settings, browser: browser}
	check("discovery", checks.discovery)
	if checks.provider == nil {
		return nil
	}
	check("code-confidential", checks.codeConfidential)
	check("code-public", checks.codePublic)
	notOffered("registration", "no call for it")
	notOffered("request-object", "no call makes one")
	check("state", checks.state)
	notOffered("issuer-parameter", "the application reads the callback; `Exchange` takes its code alone")
	check("id-token", checks.idToken)
	notOffered("wrong-nonce", "`Verify` leaves `nonce` to the application, by `IDToken.Nonce`")
	notOffered("access-token", "`IDTokenVerifier` is for ID tokens")
	check("userinfo", checks.userinfo)
	check("refresh", checks.refresh)
	check("invalid-grant", checks.invalidGrant)
	check("invalid-client", checks.invalidClient)
	check("secret-basic", checks.clientCredentials(oauth2.AuthStyleInHeader, "`AuthStyleInHeader`"))
	check("secret-post", checks.clientCredentials(oauth2.AuthStyleInParams, "`AuthStyleInParams`"))
	notOffered("private-key-jwt", "`oauth2/jwt` is the JWT bearer grant, not client authentication")
	notOffered("token-exchange", "only inside `google/externalaccount`, for Google's own service")
	check("device", checks.device)
	notOffered("introspection", "no call for it")
	notOffered("revocation", "no call for it")
	byApplication("logout", checks.logout)
	return nil
}

// checks holds what later checks go on from.
type checks struct {
	ctx      context.Context
	settings settings
	browser  *browser
	provider *oidc.Provider
	tokens   *oauth2.Token
	nonce    string
}

func (c *checks) discovery() (detail string, err error) {
	c.provider, err = oidc.NewProvider(c.ctx, c.settings.Issuer)
	return "`NewProvider`", err
}

func (c *checks) codeConfidential() (string, error) {
	tokens, nonce, pages, err := c.signIn(c.settings.Confidential)
	if err != nil {
		return "", err
	}
	if strings.Join(pages, ",") != "sign-in,consent" {
		return "", fmt.Errorf("pages: %v", pages)
	}
	if !tokens.Valid() || tokens.RefreshToken == "" {
		return "", errors.New("no valid access token or no refresh token")
	}
	c.tokens, c.nonce = tokens, nonce
	return "`AuthCodeURL`, `S256ChallengeOption`, `Exchange`, `VerifierOption`", nil
}

func (c *checks) codePublic() (string, error) {
	tokens, _, _, err := c.signIn(c.settings.Public)
	if err != nil {
		return "", err
	}
	if !tokens.Valid() {
		return "", errors.New("no valid access token")
	}
	return "without `ClientSecret`; `AuthStyleAutoDetect` finds out how", nil
}

func (c *checks) state() (string, error) {
	config := c.config(c.settings.Confidential)
	state, verifier := oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	pkce := authhandler.PKCEParams{
		Challenge: oauth2.S256ChallengeFromVerifier(verifier), ChallengeMethod: "S256", Verifier: verifier,
	}
	fetch := func(returned func(string) string) error {
		walk := func(address string) (code, state string, err error) {
			callback, _, err := c.browser.authorize(address)
			return callback.Get("code"), returned(callback.Get("state")), err
		}
		_, err := authhandler.TokenSourceWithPKCE(c.ctx, config, state, walk, &pkce).Token()
		return err
	}
	if err := fetch(func(state string) string { return state }); err != nil {
		return "", err
	}
	err := fetch(func(string) string { return "another" })
	if err == nil || !strings.Contains(err.Error(), "state mismatch") {
		return "", fmt.Errorf("another state should be refused: %v", err)
	}
	return "`authhandler`", nil
}

func (c *checks) idToken() (string, error) {
	if c.tokens == nil {
		return "", errors.New("no tokens")
	}
	token, err := c.verify(c.tokens)
	if err != nil {
		return "", err
	}
	if token.Nonce != c.nonce {
		return "", fmt.Errorf("nonce %q", token.Nonce)
	}
	return "`Verify`, `VerifyAccessToken`: signature, `iss`, `aud`, `exp`, `at_hash`", nil
}

func (c *checks) userinfo() (string, error) {
	if c.tokens == nil {
		return "", errors.New("no tokens")
	}
	info, err := c.provider.UserInfo(c.ctx, oauth2.StaticTokenSource(c.tokens))
	if err != nil {
		return "", err
	}
	if info.Subject != c.settings.User.Subject || info.Email != c.settings.User.Email || !info.EmailVerified {
		return "", fmt.Errorf("%+v", info)
	}
	return "`Provider.UserInfo`", nil
}

func (c *checks) refresh() (string, error) {
	if c.tokens == nil {
		return "", errors.New("no tokens")
	}
	config := c.config(c.settings.Confidential)
	spent := oauth2.Token{RefreshToken: c.tokens.RefreshToken}
	tokens, err := config.TokenSource(c.ctx, &spent).Token()
	if err != nil {
		return "", err
	}
	if tokens.RefreshToken == c.tokens.RefreshToken {
		return "", errors.New("the refresh token was not rotated")
	}
	if _, err := c.verify(tokens); err != nil {
		return "", err
	}
	return "`TokenSource`: a new refresh token and a new ID token", nil
}

func (c *checks) invalidGrant() (string, error) {
	unknown := oauth2.Token{RefreshToken: "no refresh token"}
	_, err := c.config(c.settings.Confidential).TokenSource(c.ctx, &unknown).Token()
	return "`RetrieveError.ErrorCode`", refused(err, "invalid_grant")
}

func (c *checks) invalidClient() (string, error) {
	config := clientcredentials.Config{
		ClientID: c.settings.Confidential.ClientID, ClientSecret: "another secret", TokenURL: c.provider.Endpoint().TokenURL,
	}
	_, err := config.Token(c.ctx)
	return "`RetrieveError.ErrorCode`", refused(err, "invalid_client")
}

func (c *checks) clientCredentials(style oauth2.AuthStyle, detail string) func() (string, error) {
	return func() (string, error) {
		config := clientcredentials.Config{
			ClientID:     c.settings.Confidential.ClientID,
			ClientSecret: c.settings.Confidential.ClientSecret,
			TokenURL:     c.provider.Endpoint().TokenURL,
			Scopes:       []string{c.settings.Confidential.MachineScope},
			AuthStyle:    style,
		}
		tokens, err := config.Token(c.ctx)
		if err != nil {
			return "", err
		}
		if tokens.Extra("scope") != c.settings.Confidential.MachineScope || tokens.RefreshToken != "" {
			return "", fmt.Errorf("scope %v", tokens.Extra("scope"))
		}
		return "`clientcredentials`, " + detail, nil
	}
}

// device has the person allow what a device asks, and gets its tokens.
func (c *checks) device() (string, error) {
	// `DeviceAuth` names the client and shows no secret.
	config := c.config(c.settings.Public)
	config.Scopes = []string{oidc.ScopeOpenID}
	device, err := config.DeviceAuth(c.ctx)
	if err != nil {
		return "", err
	}
	page, err := c.browser.connectDevice(device.VerificationURIComplete)
	if err != nil {
		return "", err
	}
	if !strings.Contains(page, "Your device is connected") {
		return "", fmt.Errorf("the last page: %s", page)
	}
	tokens, err := config.DeviceAccessToken(c.ctx, device)
	if err != nil {
		return "", err
	}
	if tokens.Extra("id_token") == nil {
		return "", errors.New("no ID token")
	}
	return "`DeviceAuth`, `DeviceAccessToken`, as a public client: the first shows no secret", nil
}

// logout opens the address that the provider's metadata name, for the person who signed in first.
func (c *checks) logout() (string, error) {
	if c.tokens == nil {
		return "", errors.New("no tokens")
	}
	var metadata struct {
		EndSessionEndpoint string `json:"end_session_endpoint"`
	}
	if err := c.provider.Claims(&metadata); err != nil {
		return "", err
	}
	idToken, _ := c.tokens.Extra("id_token").(string)
	state := oauth2.GenerateVerifier()
	query := url.Values{
		"id_token_hint":            {idToken},
		"post_logout_redirect_uri": {c.settings.Confidential.PostLogoutRedirectURI},
		"state":                    {state},
	}
	callback, pages, err := c.browser.authorize(metadata.EndSessionEndpoint + "?" + query.Encode())
	if err != nil {
		return "", err
	}
	if len(pages) > 0 || callback.Get("state") != state {
		return "", fmt.Errorf("pages %v, then %v", pages, callback)
	}
	_, _, pages, err = c.signIn(c.settings.Confidential)
	if err != nil {
		return "", err
	}
	if pages[0] != "sign-in" {
		return "", fmt.Errorf("pages: %v", pages)
	}
	return "a redirect to `end_session_endpoint`, which `Provider.Claims` gives", nil
}

// config is the client as the library knows it; how it authenticates is left to the library.
func (c *checks) config(client client) *oauth2.Config {
	return &oauth2.Config{
		ClientID:     client.ClientID,
		ClientSecret: client.ClientSecret,
		RedirectURL:  client.RedirectURI,
		Endpoint:     c.provider.Endpoint(),
		Scopes:       strings.Fields(client.Scope),
	}
}

// signIn makes one authorization request, through the pages, and redeems its code.
func (c *checks) signIn(client client) (tokens *oauth2.Token, nonce string, pages []string, err error) {
	config := c.config(client)
	verifier, state := oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	nonce = oauth2.GenerateVerifier()
	address := config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier), oauth2.ApprovalForce, oidc.Nonce(nonce))
	callback, pages, err := c.browser.authorize(address)
	if err != nil {
		return nil, "", nil, err
	}
	if callback.Get("state") != state {
		return nil, "", nil, fmt.Errorf("state %q", callback.Get("state"))
	}
	tokens, err = config.Exchange(c.ctx, callback.Get("code"), oauth2.VerifierOption(verifier))
	return tokens, nonce, pages, err
}

// verify validates the ID token, and its hash of the access token.
func (c *checks) verify(tokens *oauth2.Token) (*oidc.IDToken, error) {
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("no ID token")
	}
	verifier := c.provider.Verifier(&oidc.Config{ClientID: c.settings.Confidential.ClientID})
	token, err := verifier.Verify(c.ctx, raw)
	if err != nil {
		return nil, err
	}
	if token.Subject != c.settings.User.Subject {
		return nil, fmt.Errorf("sub %q", token.Subject)
	}
	return token, token.VerifyAccessToken(tokens.AccessToken)
}

// refused fails unless the server refused with this error code.
func refused(err error, code string) error {
	var refusal *oauth2.RetrieveError
	if !errors.As(err, &refusal) || refusal.ErrorCode != code {
		return fmt.Errorf("should be refused with %s: %v", code, err)
	}
	return nil
}
