import com.nimbusds.jose.util.JSONObjectUtils;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.oauth2.client.InMemoryOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.OAuth2AuthorizeRequest;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.RefreshTokenOAuth2AuthorizedClientProvider;
import org.springframework.security.oauth2.client.authentication.OAuth2AuthenticationToken;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.AuthenticatedPrincipalOAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.HttpRequestHandler;

/** A web application that people sign in to, and what it is registered as. */
@Configuration(proxyBeanMethods = false)
@EnableWebSecurity
class Application {
    @Bean
    Settings settings() throws Exception {
        return Settings.read();
    }

    /** One registration for each client and each way that it asks for tokens. */
    @Bean
    ClientRegistrationRepository registrations(Settings settings) {
        Settings.Client confidential = settings.confidential();
        Settings.Client exchange = settings.exchange();
        return new InMemoryClientRegistrationRepository(
                signIn(settings, confidential, "confidential").redirectUri("{baseUrl}/sso/auth/callback").build(),
                signIn(settings, settings.publicClient(), "public").redirectUri("{baseUrl}/callback").build(),
                signIn(settings, exchange, "exchange").redirectUri(exchange.redirectUri().toString()).build(),
                machine(settings, confidential, "basic").build(),
                machine(settings, confidential, "post")
                        .clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_POST)
                        .build(),
                machine(settings, settings.machine(), "private-key-jwt")
                        .clientAuthenticationMethod(ClientAuthenticationMethod.PRIVATE_KEY_JWT)
                        .build(),
                registration(settings, exchange, "token-exchange")
                        .authorizationGrantType(AuthorizationGrantType.TOKEN_EXCHANGE)
                        .build());
    }

    @Bean
    SecurityFilterChain filters(HttpSecurity http, Settings settings, ClientRegistrationRepository registrations) {
        DefaultOAuth2AuthorizationRequestResolver requests =
                new DefaultOAuth2AuthorizationRequestResolver(registrations);
        requests.setAuthorizationRequestCustomizer(
                request -> request.additionalParameters(parameters -> parameters.put("prompt", "consent")));
        OidcClientInitiatedLogoutSuccessHandler signOut = new OidcClientInitiatedLogoutSuccessHandler(registrations);
        signOut.setPostLogoutRedirectUri(settings.confidential().postLogoutRedirectUri().toString());
        return http.authorizeHttpRequests(any -> any.anyRequest().authenticated())
                .oauth2Login(login -> login
                        .authorizationEndpoint(endpoint -> endpoint.authorizationRequestResolver(requests))
                        .redirectionEndpoint(endpoint -> endpoint.baseUri("/**/callback"))
                        .failureHandler((request, response, error) -> {
                            response.setStatus(401);
                            response.getWriter().print(error.getMessage());
                        }))
                .logout(logout -> logout.logoutSuccessHandler(signOut))
                .build();
    }

    @Bean
    OAuth2AuthorizedClientService authorizedClients(ClientRegistrationRepository registrations) {
        return new InMemoryOAuth2AuthorizedClientService(registrations);
    }

    @Bean
    OAuth2AuthorizedClientRepository visitorsClients(OAuth2AuthorizedClientService clients) {
        return new AuthenticatedPrincipalOAuth2AuthorizedClientRepository(clients);
    }

    /** To this clock, every access token has expired. */
    @Bean
    RefreshTokenOAuth2AuthorizedClientProvider refresh() {
        RefreshTokenOAuth2AuthorizedClientProvider provider = new RefreshTokenOAuth2AuthorizedClientProvider();
        provider.setClock(Clock.offset(Clock.systemUTC(), Duration.ofDays(365)));
        return provider;
    }

    /** Who is signed in. At {@code /refresh}, the tokens are refreshed first. */
    @Bean
    HttpRequestHandler page(OAuth2AuthorizedClientManager manager) {
        return (request, response) -> {
            if (request.getServletPath().equals("/refresh")) {
                String client = visitor(request).getAuthorizedClientRegistrationId();
                manager.authorize(
                        OAuth2AuthorizeRequest.withClientRegistrationId(client).principal(visitor(request)).build());
            }
            OidcUser user = (OidcUser) visitor(request).getPrincipal();
            response.getWriter().print(JSONObjectUtils.toJSONString(Map.of(
                    "client", visitor(request).getAuthorizedClientRegistrationId(),
                    "id_token", user.getIdToken().getTokenValue(),
                    "userinfo", user.getUserInfo().getClaims())));
        };
    }

    private static OAuth2AuthenticationToken visitor(HttpServletRequest request) {
        return (OAuth2AuthenticationToken) request.getUserPrincipal();
    }

    /** A client that people sign in to. */
    private static ClientRegistration.Builder signIn(Settings settings, Settings.Client client, String id) {
        return registration(settings, client, id)
                .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
                .scope(client.scope().split(" "));
    }

    /** A client that asks for tokens in its own name. */
    private static ClientRegistration.Builder machine(Settings settings, Settings.Client client, String id) {
        return registration(settings, client, id)
                .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
                .scope(client.machineScope() == null ? new String[0] : new String[] {client.machineScope()});
    }

    private static ClientRegistration.Builder registration(Settings settings, Settings.Client client, String id) {
        return ClientRegistrations.fromIssuerLocation(settings.issuer())
                .registrationId(id)
                .clientId(client.id())
                .clientSecret(client.secret())
                .clientAuthenticationMethod(
                        client.secret() == null
                                ? ClientAuthenticationMethod.NONE
                                : ClientAuthenticationMethod.CLIENT_SECRET_BASIC);
    }
}
