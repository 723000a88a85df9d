import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A browser with cookies but no JavaScript, before it a person who signs in and agrees to everything, walking the real
 * pages (see ../README.md).
 */
final class Browser {
    private static final Pattern FORM = Pattern.compile("<form [^>]*>");
    private static final Pattern ATTRIBUTE = Pattern.compile("([\\w-]+)=\"([^\"]*)\"");
    private static final Pattern CHARACTER = Pattern.compile("&#x([0-9a-f]+);", Pattern.CASE_INSENSITIVE);

    private final URI issuer;
    private final Map<String, String> user;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .cookieHandler(new CookieManager())
            .build();

    /** {@code issuer} says whose pages these are: what lies elsewhere is the client's. */
    Browser(String issuer, Settings.User user) {
        this.issuer = URI.create(issuer);
        this.user = Map.of("username", user.username(), "password", user.password());
    }

    /** Where the client is called back, or else the last page; and the pages that were shown before. */
    record Walk(URI callback, String last, List<String> pages) {}

    /** Opens an authorization request and does what the pages ask. */
    Walk authorize(URI address) throws IOException, InterruptedException {
        Walk walk = walk(get(address));
        if (walk.callback() == null) {
            throw new IllegalStateException("the pages lead nowhere: " + walk.last());
        }
        return walk;
    }

    /** Types the code that a device shows, given the address that has it in it, and allows it; gives the last page. */
    String connectDevice(URI address) throws IOException, InterruptedException {
        HttpResponse<String> response = get(address);
        return walk(submit(response, "user_code", Map.of())).last();
    }

    /** Opens the address that signs the person out, and gives where it leads at once. */
    URI signOut(URI address) throws IOException, InterruptedException {
        return location(get(address));
    }

    /** Opens an address, and goes where no redirect leads. */
    HttpResponse<String> get(URI address) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(address));
    }

    /** Sends the form of a page: its hidden field of this name, and what the person fills in. */
    HttpResponse<String> submit(HttpResponse<String> page, String hidden, Map<String, String> fields)
            throws IOException, InterruptedException {
        Pattern field = Pattern.compile("<input [^>]*name=\"" + hidden + "\"[^>]*>");
        Map<String, String> form = new HashMap<>(fields);
        form.put(hidden, attributes(page.body(), field).get("value"));
        String body = form.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        return send(HttpRequest.newBuilder(page.uri().resolve(attributes(page.body(), FORM).get("action")))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Where a response leads. */
    static URI location(HttpResponse<String> response) {
        String location = response.headers().firstValue("Location").orElseThrow(
                () -> new IllegalStateException("leads nowhere: " + response.statusCode() + " " + response.body()));
        return response.uri().resolve(location);
    }

    /** Does what the pages ask, until the client is called back or a page asks nothing. */
    private Walk walk(HttpResponse<String> response) throws IOException, InterruptedException {
        List<String> pages = new ArrayList<>();
        for (int step = 0; step < 10; step += 1) {
            if (response.statusCode() == 303) {
                URI location = location(response);
                if (!location.getAuthority().equals(issuer.getAuthority())) {
                    return new Walk(location, null, pages);
                }
                response = get(location);
            } else if (response.body().contains("name=\"password\"")) {
                pages.add("sign-in");
                response = submit(response, "request", user);
            } else if (response.body().contains("name=\"decision\"")) {
                pages.add("consent");
                response = submit(response, "request", Map.of("decision", "allow"));
            } else {
                return new Walk(null, response.body(), pages);
            }
        }
        throw new IllegalStateException("the pages lead in circles");
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The attributes of the first element that matches, as they were before they were escaped. */
    private static Map<String, String> attributes(String html, Pattern element) {
        Matcher found = element.matcher(html);
        if (!found.find()) {
            throw new IllegalStateException("no " + element + " in " + html);
        }
        return ATTRIBUTE.matcher(found.group()).results()
                .collect(Collectors.toMap(attribute -> attribute.group(1), attribute -> unescape(attribute.group(2))));
    }

    private static String unescape(String value) {
        return CHARACTER.matcher(value)
                .replaceAll(code -> Matcher.quoteReplacement(Character.toString(Integer.parseInt(code.group(1), 16))))
                .replace("&quot;", "\"")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&");
    }
}
