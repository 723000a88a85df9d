import com.nimbusds.jose.util.JSONObjectUtils;
import java.net.URI;
import java.text.ParseException;
import java.util.Map;

/** The server, its clients and its user (see ../README.md). */
record Settings(
        String issuer,
        User user,
        Client confidential,
        Client publicClient,
        Client machine,
        Client exchange,
        Client resourceServer) {

    record User(String username, String password, String subject, String email) {}

    /** A client; what it has not is null. */
    record Client(
            String id,
            String secret,
            URI redirectUri,
            URI postLogoutRedirectUri,
            String scope,
            String machineScope,
            String audience,
            String keyFile) {}

    static Settings read() throws ParseException {
        Map<String, Object> json = JSONObjectUtils.parse(System.getenv("GRANTOR_INTEROP"));
        Map<String, Object> user = JSONObjectUtils.getJSONObject(json, "user");
        return new Settings(
                JSONObjectUtils.getString(json, "issuer"),
                new User(
                        JSONObjectUtils.getString(user, "username"),
                        JSONObjectUtils.getString(user, "password"),
                        JSONObjectUtils.getString(user, "subject"),
                        JSONObjectUtils.getString(user, "email")),
                client(json, "confidential"),
                client(json, "public"),
                client(json, "machine"),
                client(json, "exchange"),
                client(json, "resource_server"));
    }

    private static Client client(Map<String, Object> json, String name) throws ParseException {
        Map<String, Object> client = JSONObjectUtils.getJSONObject(json, name);
        return new Client(
                JSONObjectUtils.getString(client, "client_id"),
                JSONObjectUtils.getString(client, "client_secret"),
                JSONObjectUtils.getURI(client, "redirect_uri"),
                JSONObjectUtils.getURI(client, "post_logout_redirect_uri"),
                JSONObjectUtils.getString(client, "scope"),
                JSONObjectUtils.getString(client, "machine_scope"),
                JSONObjectUtils.getString(client, "audience"),
                JSONObjectUtils.getString(client, "key_file"));
    }
}
