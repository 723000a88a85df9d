import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.springframework.util.FileSystemUtils;
import org.springframework.web.context.ContextLoaderListener;
import org.springframework.web.context.support.AnnotationConfigWebApplicationContext;
import org.springframework.web.context.support.HttpRequestHandlerServlet;
import org.springframework.web.filter.DelegatingFilterProxy;
import org.springframework.web.filter.RequestContextFilter;

/** The application in Tomcat, on a free port of loopback. */
final class Server implements AutoCloseable {
    private final AnnotationConfigWebApplicationContext application = new AnnotationConfigWebApplicationContext();
    private final Tomcat tomcat = new Tomcat();
    private final Path directory;

    Server() throws IOException, LifecycleException {
        application.register(Application.class);
        directory = Files.createTempDirectory("interop");
        tomcat.setBaseDir(directory.toString());
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        tomcat.addContext("", null).addServletContainerInitializer(
                (classes, context) -> {
                    context.addListener(new ContextLoaderListener(application));
                    context.addFilter("request", new RequestContextFilter())
                            .addMappingForUrlPatterns(null, false, "/*");
                    context.addFilter("security", new DelegatingFilterProxy("springSecurityFilterChain"))
                            .addMappingForUrlPatterns(null, false, "/*");
                    context.addServlet("page", new HttpRequestHandlerServlet()).addMapping("/", "/refresh");
                },
                Set.of());
        tomcat.start();
    }

    <T> T bean(Class<T> kind) {
        return application.getBean(kind);
    }

    /** The address of something in the application. */
    URI address(String path) {
        return URI.create("http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + path);
    }

    @Override
    public void close() throws IOException, LifecycleException {
        tomcat.stop();
        tomcat.destroy();
        FileSystemUtils.deleteRecursively(directory);
    }
}
