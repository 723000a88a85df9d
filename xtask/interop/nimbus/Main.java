import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.ClientCredentialsGrant;
import com.nimbusds.oauth2.sdk.ErrorObject;
import com.nimbusds.oauth2.sdk.GrantType;
import com.nimbusds.oauth2.sdk.OAuth2Error;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenIntrospectionRequest;
import com.nimbusds.oauth2.sdk.TokenIntrospectionResponse;
import com.nimbusds.oauth2.sdk.TokenIntrospectionSuccessResponse;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.TokenRevocationRequest;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.client.ClientDeleteRequest;
import com.nimbusds.oauth2.sdk.client.ClientReadRequest;
import com.nimbusds.oauth2.sdk.client.ClientRegistrationResponse;
import com.nimbusds.oauth2.sdk.device.DeviceAuthorizationRequest;
import com.nimbusds.oauth2.sdk.device.DeviceAuthorizationResponse;
import com.nimbusds.oauth2.sdk.device.DeviceAuthorizationSuccessResponse;
import com.nimbusds.oauth2.sdk.device.DeviceCodeGrant;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.Audience;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.AccessToken;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.oauth2.sdk.token.TokenTypeURI;
import com.nimbusds.oauth2.sdk.token.Tokens;
import com.nimbusds.oauth2.sdk.tokenexchange.TokenExchangeGrant;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.AuthenticationResponse;
import com.nimbusds.openid.connect.sdk.AuthenticationResponseParser;
import com.nimbusds.openid.connect.sdk.LogoutRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.Prompt;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.UserInfoResponse;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.claims.UserInfo;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientInformation;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientInformationResponse;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientMetadata;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientRegistrationRequest;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientRegistrationResponseParser;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.AccessTokenValidator;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** The OAuth 2.0 SDK of Nimbus against Grantor, by the calls of its documentation. */
final class Main {
    private final Settings settings;
    private final Report report =
            new Report("oauth2-oidc-sdk", OIDCProviderMetadata.class.getPackage().getImplementationVersion());
    private final Browser browser;

    private OIDCProviderMetadata metadata;
    private OIDCTokens tokens;
    private Nonce nonce;

    private Main(Settings settings) {
        this.settings = settings;
        browser = new Browser(settings.issuer(), settings.user());
    }

    public static void main(String[] arguments) throws Exception {
        new Main(Settings.read()).run();
    }

    private void run() {
        Settings.Client confidential = settings.confidential();
        report.check("discovery", this::discovery);
        report.check("code-confidential", this::codeConfidential);
        report.check("code-public", this::codePublic);
        report.check("registration", this::registration);
        report.check("request-object", this::requestObject);
        report.notOffered("state", "the application compares what `AuthenticationResponse.getState` gives");
        report.notOffered("issuer-parameter", "the application compares what `AuthenticationResponse.getIssuer` gives");
        report.check("id-token", this::idToken);
        report.check("wrong-nonce", this::wrongNonce);
        report.check("access-token", this::accessToken);
        report.check("userinfo", this::userinfo);
        report.check("refresh", this::refresh);
        report.check("invalid-grant", this::invalidGrant);
        report.check("invalid-client", this::invalidClient);
        report.check("secret-basic", () -> clientCredentials(basic(confidential)));
        report.check("secret-post", () -> clientCredentials(post(confidential)));
        report.check("private-key-jwt", this::privateKeyJwt);
        report.check("token-exchange", this::tokenExchange);
        report.check("device", this::device);
        report.check("introspection", this::introspection);
        report.check("revocation", this::revocation);
        report.check("logout", this::logout);
    }

    private String discovery() throws Exception {
        metadata = OIDCProviderMetadata.resolve(new Issuer(settings.issuer()));
        List<CodeChallengeMethod> methods = metadata.getCodeChallengeMethods();
        Report.ensure(methods.contains(CodeChallengeMethod.S256), methods);
        return "`OIDCProviderMetadata.resolve`";
    }

    private String codeConfidential() throws Exception {
        SignIn signIn = authorize(settings.confidential());
        Report.ensure(signIn.pages().equals(List.of("sign-in", "consent")), "pages: " + signIn.pages());
        nonce = signIn.nonce();
        tokens = tokens(tokenRequest(basic(settings.confidential()), signIn.grant()));
        boolean complete = tokens.getRefreshToken() != null && tokens.getAccessToken().getLifetime() > 0;
        Report.ensure(complete, "no refresh token or no lifetime");
        return "`AuthenticationRequest`, `AuthenticationResponseParser`, `TokenRequest`, `OIDCTokenResponseParser`";
    }

    private String codePublic() throws Exception {
        SignIn signIn = authorize(settings.publicClient());
        ClientID client = new ClientID(settings.publicClient().id());
        TokenRequest request = new TokenRequest.Builder(metadata.getTokenEndpointURI(), client, signIn.grant()).build();
        Report.ensure(tokens(request).getIDToken() != null, "no ID token");
        return "`TokenRequest.Builder` with the `ClientID` alone";
    }

    private String registration() throws Exception {
        OIDCClientInformation registered = register(clientMetadata());
        CodeVerifier verifier = new CodeVerifier();
        AuthenticationRequest request = request(registered.getID(), settings.confidential(), verifier);
        SignIn signIn = signIn(request, request, verifier);
        ClientAuthentication basic = new ClientSecretBasic(registered.getID(), registered.getSecret());
        Report.ensure(tokens(tokenRequest(basic, signIn.grant())).getIDToken() != null, "no ID token");
        URI address = registered.getRegistrationURI();
        BearerAccessToken token = registered.getRegistrationAccessToken();
        OIDCClientInformation read = information(new ClientReadRequest(address, token).toHTTPRequest().send());
        Report.ensure(read.getID().equals(registered.getID()), read.toJSONObject());
        HTTPResponse deleted = new ClientDeleteRequest(address, token).toHTTPRequest().send();
        Report.ensure(deleted.getStatusCode() == 204, error(deleted));
        HTTPResponse after = new ClientReadRequest(address, token).toHTTPRequest().send();
        Report.ensure(after.getStatusCode() == 401, error(after));
        return "`OIDCClientRegistrationRequest`, `ClientReadRequest`, `ClientDeleteRequest`";
    }

    private String requestObject() throws Exception {
        ECKey key = new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate();
        OIDCClientMetadata registering = clientMetadata();
        registering.setTokenEndpointAuthMethod(ClientAuthenticationMethod.PRIVATE_KEY_JWT);
        registering.setRequestObjectJWSAlg(JWSAlgorithm.ES256);
        // So that the server answers nothing that it reads outside of the object.
        registering.setCustomField("require_signed_request_object", true);
        registering.setJWKSet(new JWKSet(key.toPublicJWK()));
        ClientID client = register(registering).getID();
        CodeVerifier verifier = new CodeVerifier();
        AuthenticationRequest request = request(client, settings.confidential(), verifier);
        JWTClaimsSet claims = new JWTClaimsSet.Builder(request.toJWTClaimsSet())
                .issuer(client.getValue())
                .audience(settings.issuer())
                .build();
        SignedJWT object =
                new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(), claims);
        object.sign(new ECDSASigner(key));
        AuthenticationRequest signed = new AuthenticationRequest.Builder(object, client)
                .endpointURI(metadata.getAuthorizationEndpointURI())
                .build();
        SignIn signIn = signIn(signed, request, verifier);
        Report.ensure(tokens(tokenRequest(assertion(client, key), signIn.grant())).getIDToken() != null, "no ID token");
        return "`AuthenticationRequest.Builder`, with a `SignedJWT` of nimbus-jose-jwt";
    }

    private String idToken() throws Exception {
        IDTokenClaimsSet claims = validate(tokens, nonce);
        Report.ensure(claims.getSubject().getValue().equals(settings.user().subject()), claims);
        return "`IDTokenValidator`: signature, `iss`, `aud`, `exp`, `nonce`; `AccessTokenValidator`: `at_hash`";
    }

    private String wrongNonce() throws Exception {
        BadJOSEException error = Report.refused(BadJOSEException.class, () -> validate(tokens, new Nonce()));
        Report.ensure(error.getMessage().contains("nonce"), error);
        return "`IDTokenValidator`";
    }

    private String accessToken() throws Exception {
        String token = tokens.getAccessToken().getValue();
        JWTClaimsSet claims = processor(settings.issuer()).process(token, null);
        Report.ensure(claims.getSubject().equals(settings.user().subject()), claims);
        BadJOSEException error = Report.refused(
                BadJOSEException.class, () -> processor("https://other.example").process(token, null));
        Report.ensure(error.getMessage().contains("aud"), error);
        return "`DefaultJWTProcessor` of nimbus-jose-jwt, told the `typ` and the claims";
    }

    private String userinfo() throws Exception {
        HTTPRequest request =
                new UserInfoRequest(metadata.getUserInfoEndpointURI(), tokens.getAccessToken()).toHTTPRequest();
        UserInfoResponse response = UserInfoResponse.parse(request.send());
        Report.ensure(response.indicatesSuccess(), error(response.toHTTPResponse()));
        UserInfo info = response.toSuccessResponse().getUserInfo();
        boolean right = info.getEmailAddress().equals(settings.user().email())
                && info.getSubject().getValue().equals(settings.user().subject());
        Report.ensure(right, info.toJSONString());
        return "`UserInfoRequest`";
    }

    private String refresh() throws Exception {
        OIDCTokens before = tokens;
        ClientAuthentication basic = basic(settings.confidential());
        tokens = tokens(tokenRequest(basic, new RefreshTokenGrant(before.getRefreshToken())));
        boolean rotated = !before.getRefreshToken().equals(tokens.getRefreshToken());
        Report.ensure(tokens.getRefreshToken() != null && rotated, "the refresh token was not rotated");
        validate(tokens, null);
        Report.ensure(!tokens.getIDTokenString().equals(before.getIDTokenString()), "no new ID token");
        return "`RefreshTokenGrant`: a new refresh token and a new ID token";
    }

    private String invalidGrant() throws Exception {
        RefreshTokenGrant unknown = new RefreshTokenGrant(new RefreshToken("no refresh token"));
        ErrorObject error = refusal(tokenRequest(basic(settings.confidential()), unknown));
        Report.ensure(error.equals(OAuth2Error.INVALID_GRANT), error);
        return "`TokenErrorResponse`, `OAuth2Error.INVALID_GRANT`";
    }

    private String invalidClient() throws Exception {
        ClientID client = new ClientID(settings.confidential().id());
        ClientSecretBasic wrong = new ClientSecretBasic(client, new Secret("another secret"));
        ErrorObject error = refusal(tokenRequest(wrong, new ClientCredentialsGrant()));
        Report.ensure(error.equals(OAuth2Error.INVALID_CLIENT), error);
        return "`TokenErrorResponse`, `OAuth2Error.INVALID_CLIENT`";
    }

    private String clientCredentials(ClientAuthentication authentication) throws Exception {
        Scope scope = Scope.parse(settings.confidential().machineScope());
        URI endpoint = metadata.getTokenEndpointURI();
        TokenRequest request =
                new TokenRequest.Builder(endpoint, authentication, new ClientCredentialsGrant()).scope(scope).build();
        Tokens answer = success(request).toSuccessResponse().getTokens();
        boolean right = scope.equals(answer.getAccessToken().getScope()) && answer.getRefreshToken() == null;
        Report.ensure(right, answer);
        return "`ClientCredentialsGrant`, `" + authentication.getClass().getSimpleName() + "`";
    }

    private String privateKeyJwt() throws Exception {
        ECKey key = ECKey.parse(Files.readString(Path.of(settings.machine().keyFile())));
        PrivateKeyJWT assertion = assertion(new ClientID(settings.machine().id()), key);
        success(tokenRequest(assertion, new ClientCredentialsGrant()));
        return "`PrivateKeyJWT`";
    }

    private String tokenExchange() throws Exception {
        ClientAuthentication basic = basic(settings.exchange());
        AccessToken subject = tokens(tokenRequest(basic, authorize(settings.exchange()).grant())).getAccessToken();
        List<Audience> audience = Audience.create(settings.exchange().audience());
        TokenExchangeGrant grant =
                new TokenExchangeGrant(subject, TokenTypeURI.ACCESS_TOKEN, null, null, null, audience);
        AccessToken answer = success(tokenRequest(basic, grant)).toSuccessResponse().getTokens().getAccessToken();
        boolean another = TokenTypeURI.ACCESS_TOKEN.equals(answer.getIssuedTokenType())
                && !answer.getValue().equals(subject.getValue());
        Report.ensure(another, answer);
        return "`TokenExchangeGrant`";
    }

    private String device() throws Exception {
        ClientAuthentication basic = basic(settings.exchange());
        DeviceAuthorizationRequest request = new DeviceAuthorizationRequest.Builder(basic)
                .endpointURI(metadata.getDeviceAuthorizationEndpointURI())
                .scope(Scope.parse("openid"))
                .build();
        DeviceAuthorizationResponse response = DeviceAuthorizationResponse.parse(request.toHTTPRequest().send());
        Report.ensure(response.indicatesSuccess(), error(response.toHTTPResponse()));
        DeviceAuthorizationSuccessResponse device = response.toSuccessResponse();
        TokenRequest poll = tokenRequest(basic, new DeviceCodeGrant(device.getDeviceCode()));
        ErrorObject pending = refusal(poll);
        Report.ensure(pending.getCode().equals("authorization_pending"), pending);
        String page = browser.connectDevice(device.getVerificationURIComplete());
        Report.ensure(page.contains("Your device is connected"), page);
        Report.ensure(tokens(poll).getIDToken() != null, "no ID token");
        return "`DeviceAuthorizationRequest`, `DeviceCodeGrant`; `TokenErrorResponse` says that it must wait";
    }

    private String introspection() throws Exception {
        TokenIntrospectionSuccessResponse answer = introspect(tokens.getAccessToken());
        boolean right = answer.isActive() && answer.getSubject().getValue().equals(settings.user().subject());
        Report.ensure(right, answer.toJSONObject());
        return "`TokenIntrospectionRequest`";
    }

    private String revocation() throws Exception {
        HTTPResponse answer = new TokenRevocationRequest(
                metadata.getRevocationEndpointURI(), basic(settings.confidential()), tokens.getRefreshToken())
                .toHTTPRequest()
                .send();
        Report.ensure(answer.indicatesSuccess(), error(answer));
        Report.ensure(!introspect(tokens.getAccessToken()).isActive(), "the access token is still active");
        return "`TokenRevocationRequest` of the refresh token; the access token is inactive after it";
    }

    private String logout() throws Exception {
        State state = new State();
        URI after = settings.confidential().postLogoutRedirectUri();
        LogoutRequest request =
                new LogoutRequest(metadata.getEndSessionEndpointURI(), tokens.getIDToken(), after, state);
        URI back = browser.signOut(request.toURI());
        Report.ensure(back.toString().equals(after + "?state=" + state), back);
        List<String> pages = authorize(settings.confidential()).pages();
        Report.ensure(pages.get(0).equals("sign-in"), "pages: " + pages);
        return "`LogoutRequest`";
    }

    /** What an authorization request came to: the code to redeem, the nonce, and the pages that were shown. */
    private record SignIn(AuthorizationCodeGrant grant, Nonce nonce, List<String> pages) {}

    /** One authorization request, through the pages. */
    private SignIn authorize(Settings.Client client) throws Exception {
        CodeVerifier verifier = new CodeVerifier();
        AuthenticationRequest request = request(new ClientID(client.id()), client, verifier);
        return signIn(request, request, verifier);
    }

    /** What an application asks with the redirect URI and the scope of {@code client}. */
    private AuthenticationRequest request(ClientID id, Settings.Client client, CodeVerifier verifier) {
        return new AuthenticationRequest.Builder(
                ResponseType.CODE, Scope.parse(client.scope()), id, client.redirectUri())
                .endpointURI(metadata.getAuthorizationEndpointURI())
                .state(new State())
                .nonce(new Nonce())
                .codeChallenge(verifier, CodeChallengeMethod.S256)
                .prompt(Prompt.Type.CONSENT)
                .build();
    }

    /** Takes what is {@code sent} through the pages: the request itself, or one with an object that says the same. */
    private SignIn signIn(AuthenticationRequest sent, AuthenticationRequest request, CodeVerifier verifier)
            throws Exception {
        Browser.Walk walk = browser.authorize(sent.toURI());
        AuthenticationResponse response = AuthenticationResponseParser.parse(walk.callback());
        Report.ensure(response.indicatesSuccess() && request.getState().equals(response.getState()), walk.callback());
        AuthorizationCodeGrant grant = new AuthorizationCodeGrant(
                response.toSuccessResponse().getAuthorizationCode(), request.getRedirectionURI(), verifier);
        return new SignIn(grant, request.getNonce(), walk.pages());
    }

    /** What a client registers that uses the redirect URI and the scope of the confidential one. */
    private OIDCClientMetadata clientMetadata() {
        OIDCClientMetadata client = new OIDCClientMetadata();
        client.setRedirectionURI(settings.confidential().redirectUri());
        client.setScope(Scope.parse(settings.confidential().scope()));
        client.setGrantTypes(Set.of(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN));
        return client;
    }

    private OIDCClientInformation register(OIDCClientMetadata client) throws Exception {
        return information(new OIDCClientRegistrationRequest(metadata.getRegistrationEndpointURI(), client, null)
                .toHTTPRequest()
                .send());
    }

    private static OIDCClientInformation information(HTTPResponse answer) throws Exception {
        ClientRegistrationResponse response = OIDCClientRegistrationResponseParser.parse(answer);
        Report.ensure(response.indicatesSuccess(), error(answer));
        return ((OIDCClientInformationResponse) response).getOIDCClientInformation();
    }

    private TokenRequest tokenRequest(ClientAuthentication authentication, AuthorizationGrant grant) {
        return new TokenRequest.Builder(metadata.getTokenEndpointURI(), authentication, grant).build();
    }

    private static TokenResponse send(TokenRequest request) throws Exception {
        return OIDCTokenResponseParser.parse(request.toHTTPRequest().send());
    }

    private static TokenResponse success(TokenRequest request) throws Exception {
        TokenResponse response = send(request);
        Report.ensure(response.indicatesSuccess(), error(response.toHTTPResponse()));
        return response;
    }

    private static OIDCTokens tokens(TokenRequest request) throws Exception {
        return success(request).toSuccessResponse().getTokens().toOIDCTokens();
    }

    private static ErrorObject refusal(TokenRequest request) throws Exception {
        TokenResponse response = send(request);
        Report.ensure(!response.indicatesSuccess(), "taken, and should be refused");
        return response.toErrorResponse().getErrorObject();
    }

    private static String error(HTTPResponse response) {
        return response.getStatusCode() + " " + response.getBody();
    }

    /** Validates an ID token of the confidential client, and its hash of the access token. */
    private IDTokenClaimsSet validate(OIDCTokens tokens, Nonce expected) throws Exception {
        JWT token = tokens.getIDToken();
        // Fixed by the client's registration, never read from the token.
        JWSAlgorithm algorithm = JWSAlgorithm.RS256;
        ClientID client = new ClientID(settings.confidential().id());
        IDTokenValidator validator =
                new IDTokenValidator(metadata.getIssuer(), client, algorithm, metadata.getJWKSetURI().toURL());
        IDTokenClaimsSet claims = validator.validate(token, expected);
        AccessTokenValidator.validate(tokens.getAccessToken(), algorithm, claims.getAccessTokenHash());
        return claims;
    }

    /** What a resource server of this audience validates access tokens with (RFC 9068). */
    private DefaultJWTProcessor<SecurityContext> processor(String audience) throws Exception {
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt")));
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(
                JWSAlgorithm.ES256, JWKSourceBuilder.create(metadata.getJWKSetURI().toURL()).build()));
        processor.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(
                audience,
                new JWTClaimsSet.Builder()
                        .issuer(settings.issuer())
                        .claim("client_id", settings.confidential().id())
                        .build(),
                Set.of("sub", "exp", "iat", "jti")));
        return processor;
    }

    /** What the resource server is told of a token. */
    private TokenIntrospectionSuccessResponse introspect(AccessToken token) throws Exception {
        TokenIntrospectionRequest request = new TokenIntrospectionRequest(
                metadata.getIntrospectionEndpointURI(), basic(settings.resourceServer()), token);
        TokenIntrospectionResponse response = TokenIntrospectionResponse.parse(request.toHTTPRequest().send());
        Report.ensure(response.indicatesSuccess(), error(response.toHTTPResponse()));
        return response.toSuccessResponse();
    }

    private PrivateKeyJWT assertion(ClientID client, ECKey key) throws Exception {
        return new PrivateKeyJWT(
                client,
                metadata.getTokenEndpointURI(),
                JWSAlgorithm.ES256,
                key.toPrivateKey(),
                key.getKeyID(),
                null);
    }

    private static ClientAuthentication basic(Settings.Client client) {
        return new ClientSecretBasic(new ClientID(client.id()), new Secret(client.secret()));
    }

    private static ClientAuthentication post(Settings.Client client) {
        return new ClientSecretPost(new ClientID(client.id()), new Secret(client.secret()));
    }
}
