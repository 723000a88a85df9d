import com.nimbusds.jose.util.JSONObjectUtils;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/** The checks of one library: one line of JSON each (see ../README.md). */
final class Report {
    private final String library;
    private final String version;

    Report(String library, String version) {
        this.library = library;
        this.version = version;
    }

    /** Runs a check: it passes with what the work gives as its detail, and fails with what the work throws. */
    void check(String check, Callable<String> work) {
        try {
            line(check, "pass", work.call());
        } catch (Exception error) { // a check that fails is a line, whatever failed
            line(check, "fail", error.toString());
        }
    }

    /** Says that the library has no such thing. */
    void notOffered(String check, String why) {
        line(check, "not offered", why);
    }

    private void line(String check, String outcome, String detail) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("library", library);
        line.put("version", version);
        line.put("check", check);
        line.put("outcome", outcome);
        line.put("detail", detail);
        System.out.println(JSONObjectUtils.toJSONString(line));
    }

    /** Fails unless the condition holds. */
    static void ensure(boolean condition, Object complaint) {
        if (!condition) {
            throw new IllegalStateException(String.valueOf(complaint));
        }
    }

    /** Fails unless the work throws a {@code kind}, and gives that. */
    static <E extends Exception> E refused(Class<E> kind, Callable<?> work) throws Exception {
        Object outcome;
        try {
            outcome = work.call();
        } catch (Exception error) {
            if (kind.isInstance(error)) {
                return kind.cast(error);
            }
            throw error;
        }
        throw new IllegalStateException("taken, and should be refused: " + outcome);
    }
}
