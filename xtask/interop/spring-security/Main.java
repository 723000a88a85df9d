import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.springframework.security.core.SpringSecurityCoreVersion;
import org.springframework.security.oauth2.client.AuthorizedClientServiceOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizeRequest;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientProvider;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.TokenExchangeOAuth2AuthorizedClientProvider;
import org.springframework.security.oauth2.client.endpoint.NimbusJwtClientAuthenticationParametersConverter;
import org.springframework.security.oauth2.client.endpoint.OAuth2RefreshTokenGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientClientCredentialsTokenResponseClient;
import org.springframework.security.oauth2.client.endpoint.RestClientRefreshTokenTokenResponseClient;
import org.springframework.security.oauth2.client.endpoint.RestClientTokenExchangeTokenResponseClient;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticatedPrincipal;
import org.springframework.security.oauth2.core.OAuth2AuthorizationException;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.endpoint.OAuth2AccessTokenResponse;
import org.springframework.security.oauth2.jwt.JwtValidationException;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.introspection.SpringOpaqueTokenIntrospector;
import org.springframework.util.MultiValueMap;

/** Spring Security against Grantor, by the calls of its documentation: its filters sign people in to an application. */
final class Main {
    private final Settings settings;
    private final Report report = new Report("Spring Security", SpringSecurityCoreVersion.getVersion());
    private final Browser browser;

    private Server server;
    private Map<String, Object> page;

    private Main(Settings settings) {
        this.settings = settings;
        browser = new Browser(settings.issuer(), settings.user());
    }

    public static void main(String[] arguments) throws Exception {
        for (Handler handler : Logger.getLogger("").getHandlers()) {
            handler.setLevel(Level.SEVERE);
        }
        Main main = new Main(Settings.read());
        try {
            main.run();
        } finally {
            if (main.server != null) {
                main.server.close();
            }
        }
    }

    private void run() {
        report.check("discovery", this::discovery);
        report.check("code-confidential", this::codeConfidential);
        report.check("code-public", this::codePublic);
        report.notOffered("registration", "in its authorization server only");
        report.notOffered("request-object", "no call makes one");
        report.check("state", this::state);
        report.notOffered("issuer-parameter", "its filter reads `code`, `state` and errors alone");
        report.check("id-token", this::idToken);
        report.check("wrong-nonce", this::wrongNonce);
        report.check("access-token", this::accessToken);
        report.check("userinfo", this::userinfo);
        report.check("refresh", this::refresh);
        report.check("invalid-grant", this::invalidGrant);
        report.notOffered("invalid-client", "it reads errors of status 400; of 401 it makes `invalid_token_response`");
        report.check("secret-basic", () -> clientCredentials("basic", "`CLIENT_SECRET_BASIC`"));
        report.check("secret-post", () -> clientCredentials("post", "`CLIENT_SECRET_POST`"));
        report.check("private-key-jwt", this::privateKeyJwt);
        report.check("token-exchange", this::tokenExchange);
        report.notOffered("device", "the grant is in its authorization server only");
        report.check("introspection", this::introspection);
        report.notOffered("revocation", "in its authorization server only");
        report.check("logout", this::logout);
    }

    private String discovery() throws Exception {
        server = new Server();
        String endpoint = registration("confidential").getProviderDetails().getTokenUri();
        Report.ensure(endpoint.startsWith(settings.issuer()), endpoint);
        return "`ClientRegistrations.fromIssuerLocation`";
    }

    private String codeConfidential() throws Exception {
        URI request = authorizationRequest("confidential");
        Report.ensure(request.getQuery().contains("code_challenge_method=S256"), request);
        Browser.Walk walk = browser.authorize(request);
        Report.ensure(walk.pages().equals(List.of("sign-in", "consent")), "pages: " + walk.pages());
        page = callBack(walk.callback());
        OAuth2AuthorizedClient client = authorized("confidential");
        boolean complete = client.getRefreshToken() != null
                && client.getAccessToken().getExpiresAt().isAfter(Instant.now());
        Report.ensure(complete, "no refresh token or no lifetime");
        return "`oauth2Login`, which asks with PKCE of itself";
    }

    private String codePublic() throws Exception {
        Map<String, Object> page = signIn("public");
        Report.ensure(page.get("client").equals("public"), page);
        return "`oauth2Login`, `ClientAuthenticationMethod.NONE`";
    }

    private String state() throws Exception {
        URI callback = browser.authorize(authorizationRequest("confidential")).callback();
        refused("authorization_request_not_found", replace(callback, "state"));
        callBack(callback);
        return "`oauth2Login`: the visitor's session has no such request";
    }

    private String idToken() throws Exception {
        JWTClaimsSet claims = SignedJWT.parse((String) page.get("id_token")).getJWTClaimsSet();
        boolean right = claims.getSubject().equals(settings.user().subject())
                && claims.getAudience().equals(List.of(settings.confidential().id()));
        Report.ensure(right, claims);
        return "`OidcIdTokenDecoderFactory`: signature, `iss`, `aud`, `exp`, `nonce`";
    }

    private String wrongNonce() throws Exception {
        URI request = authorizationRequest("confidential");
        refused("invalid_nonce", browser.authorize(replace(request, "nonce")).callback());
        return "`oauth2Login`";
    }

    private String accessToken() throws Exception {
        String token = authorized("confidential").getAccessToken().getTokenValue();
        String subject = decoder(settings.issuer()).decode(token).getSubject();
        Report.ensure(subject.equals(settings.user().subject()), subject);
        JwtValidationException error = Report.refused(
                JwtValidationException.class, () -> decoder("https://other.example").decode(token));
        Report.ensure(error.getMessage().contains("aud"), error);
        return "`NimbusJwtDecoder`, `JwtValidators.createAtJwtValidator`";
    }

    private String userinfo() throws Exception {
        Map<String, Object> claims = JSONObjectUtils.getJSONObject(page, "userinfo");
        Report.ensure(settings.user().email().equals(claims.get("email")), claims);
        return "`OidcUserService`, as `oauth2Login` calls it";
    }

    private String refresh() throws Exception {
        Map<String, Object> pageBefore = signIn("confidential");
        OAuth2RefreshToken before = authorized("confidential").getRefreshToken();
        page = JSONObjectUtils.parse(browser.get(server.address("/refresh")).body());
        OAuth2RefreshToken after = authorized("confidential").getRefreshToken();
        Report.ensure(!after.getTokenValue().equals(before.getTokenValue()), "the refresh token was not rotated");
        Report.ensure(!page.get("id_token").equals(pageBefore.get("id_token")), "no new ID token");
        return "`RefreshTokenOAuth2AuthorizedClientProvider`: a new refresh token and a new ID token";
    }

    private String invalidGrant() throws Exception {
        OAuth2RefreshTokenGrantRequest unknown = new OAuth2RefreshTokenGrantRequest(
                registration("confidential"),
                authorized("confidential").getAccessToken(),
                new OAuth2RefreshToken("no refresh token", null));
        OAuth2AuthorizationException error = Report.refused(
                OAuth2AuthorizationException.class,
                () -> new RestClientRefreshTokenTokenResponseClient().getTokenResponse(unknown));
        Report.ensure(error.getError().getErrorCode().equals("invalid_grant"), error);
        return "`OAuth2AuthorizationException`";
    }

    private String clientCredentials(String registration, String detail) throws Exception {
        Set<String> scopes =
                clientCredentials(registration, new RestClientClientCredentialsTokenResponseClient()).getScopes();
        Report.ensure(scopes.equals(Set.of(settings.confidential().machineScope())), scopes);
        return "`ClientCredentialsOAuth2AuthorizedClientProvider`, " + detail;
    }

    private String privateKeyJwt() throws Exception {
        JWK key = JWK.parse(Files.readString(Path.of(settings.machine().keyFile())));
        RestClientClientCredentialsTokenResponseClient client = new RestClientClientCredentialsTokenResponseClient();
        client.addParametersConverter(new NimbusJwtClientAuthenticationParametersConverter<>(registration -> key));
        clientCredentials("private-key-jwt", client);
        return "`NimbusJwtClientAuthenticationParametersConverter`";
    }

    private String tokenExchange() throws Exception {
        signIn("exchange");
        OAuth2AccessToken subject = authorized("exchange").getAccessToken();
        RestClientTokenExchangeTokenResponseClient client = new RestClientTokenExchangeTokenResponseClient();
        client.addParametersConverter(
                request -> MultiValueMap.fromSingleValue(Map.of("audience", settings.exchange().audience())));
        TokenExchangeOAuth2AuthorizedClientProvider provider = new TokenExchangeOAuth2AuthorizedClientProvider();
        provider.setAccessTokenResponseClient(client);
        provider.setSubjectTokenResolver(context -> subject);
        OAuth2AccessToken answer = authorize("token-exchange", provider);
        Report.ensure(!answer.getTokenValue().equals(subject.getTokenValue()), "the same token");
        // Spring Security does not keep the type of what was issued, so the token itself is asked.
        List<String> audience = SignedJWT.parse(answer.getTokenValue()).getJWTClaimsSet().getAudience();
        Report.ensure(audience.contains(settings.exchange().audience()), audience);
        return "`TokenExchangeOAuth2AuthorizedClientProvider`";
    }

    private String introspection() throws Exception {
        OAuth2AuthenticatedPrincipal answer = SpringOpaqueTokenIntrospector
                .withIntrospectionUri(endpoint("introspection_endpoint"))
                .clientId(settings.resourceServer().id())
                .clientSecret(settings.resourceServer().secret())
                .build()
                .introspect(authorized("confidential").getAccessToken().getTokenValue());
        // It refuses an inactive token.
        Report.ensure(answer.getName().equals(settings.user().subject()), answer.getAttributes());
        return "`SpringOpaqueTokenIntrospector`";
    }

    private String logout() throws Exception {
        signIn("confidential");
        HttpResponse<String> form = browser.get(server.address("/logout"));
        URI request = Browser.location(browser.submit(form, "_csrf", Map.of()));
        Report.ensure(request.getQuery().contains("id_token_hint="), request);
        URI back = browser.signOut(request);
        Report.ensure(back.equals(settings.confidential().postLogoutRedirectUri()), back);
        List<String> pages = browser.authorize(authorizationRequest("confidential")).pages();
        Report.ensure(pages.get(0).equals("sign-in"), "pages: " + pages);
        return "`OidcClientInitiatedLogoutSuccessHandler`, which sends no `state`";
    }

    /** Where the application leads whoever wants to sign in by this registration. */
    private URI authorizationRequest(String registration) throws Exception {
        return Browser.location(browser.get(server.address("/oauth2/authorization/" + registration)));
    }

    /** Signs in through the pages, and gives the application's page. */
    private Map<String, Object> signIn(String registration) throws Exception {
        return callBack(browser.authorize(authorizationRequest(registration)).callback());
    }

    /** Brings the application an answer, and gives its page. */
    private Map<String, Object> callBack(URI callback) throws Exception {
        HttpResponse<String> response = answer(callback);
        Report.ensure(response.statusCode() == 302, response.body());
        return JSONObjectUtils.parse(browser.get(server.address("/")).body());
    }

    /** Fails unless the application refuses an answer by this error. */
    private void refused(String error, URI callback) throws Exception {
        HttpResponse<String> response = answer(callback);
        Report.ensure(response.statusCode() == 401 && response.body().contains(error), response.body());
    }

    /** One registration's redirect URI names another server; the application is where it is. */
    private HttpResponse<String> answer(URI callback) throws Exception {
        return browser.get(server.address(callback.getRawPath() + "?" + callback.getRawQuery()));
    }

    /** The address with another value of a parameter. */
    private static URI replace(URI address, String parameter) {
        return URI.create(address.toString().replaceFirst("(?<=[?&])" + parameter + "=[^&]*", parameter + "=another"));
    }

    private ClientRegistration registration(String id) {
        return server.bean(ClientRegistrationRepository.class).findByRegistrationId(id);
    }

    /** An endpoint as the server's metadata names it. */
    private String endpoint(String name) {
        Map<String, Object> metadata =
                registration("confidential").getProviderDetails().getConfigurationMetadata();
        return (String) metadata.get(name);
    }

    /** What the application holds of the person who signed in. */
    private OAuth2AuthorizedClient authorized(String registration) {
        return server.bean(OAuth2AuthorizedClientService.class)
                .loadAuthorizedClient(registration, settings.user().subject());
    }

    private OAuth2AccessToken clientCredentials(
            String registration, RestClientClientCredentialsTokenResponseClient client) {
        return authorize(registration, OAuth2AuthorizedClientProviderBuilder.builder()
                .clientCredentials(grant -> grant.accessTokenResponseClient(request -> {
                    OAuth2AccessTokenResponse response = client.getTokenResponse(request);
                    Report.ensure(response.getRefreshToken() == null, "a refresh token");
                    return response;
                }))
                .build());
    }

    /** A token by a grant without pages. */
    private OAuth2AccessToken authorize(String registration, OAuth2AuthorizedClientProvider provider) {
        AuthorizedClientServiceOAuth2AuthorizedClientManager manager =
                new AuthorizedClientServiceOAuth2AuthorizedClientManager(
                        server.bean(ClientRegistrationRepository.class),
                        server.bean(OAuth2AuthorizedClientService.class));
        manager.setAuthorizedClientProvider(provider);
        OAuth2AuthorizeRequest request =
                OAuth2AuthorizeRequest.withClientRegistrationId(registration).principal("interop").build();
        return manager.authorize(request).getAccessToken();
    }

    /** What a resource server of this audience validates access tokens with (RFC 9068). */
    private NimbusJwtDecoder decoder(String audience) {
        NimbusJwtDecoder decoder = NimbusJwtDecoder.withIssuerLocation(settings.issuer()).validateType(false).build();
        decoder.setJwtValidator(JwtValidators.createAtJwtValidator()
                .issuer(settings.issuer())
                .audience(audience)
                .clientId(settings.confidential().id())
                .build());
        return decoder;
    }
}
