package io.coordination.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.transaction.support.TransactionOperations;

import io.coordination.jdbc.FencingGuard;
import io.coordination.memory.MemoryLockBackendFactory;
import io.coordination.test.LockTestAutoConfiguration;
import io.coordination.test.LockTestSupport;

/**
 * Two instances of an application, started at the same time, with one database and one
 * store for their locks.
 */
final class Instances implements AutoCloseable {

	private static final int CALLERS = 8;

	private final MemoryLockBackendFactory store = new MemoryLockBackendFactory();

	private final String url = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=20000";

	private final ExecutorService threads = Executors.newFixedThreadPool(CALLERS);

	private final List<ConfigurableApplicationContext> contexts = new ArrayList<>();

	private final Class<?>[] jobs;

	private Instances(Class<?>... jobs) {
		this.jobs = jobs;
	}

	/**
	 * Starts two instances with jobs.
	 */
	static Instances of(Class<?>... jobs) throws Exception {
		return of((context) -> {
		}, jobs);
	}

	/**
	 * Starts two instances with jobs and with what these call.
	 */
	static Instances of(Outsiders outsiders, Class<?>... jobs) throws Exception {
		Instances instances = new Instances(jobs);
		new ResourceDatabasePopulator(new ClassPathResource("io/coordination/jobs/schema.sql"),
				new ClassPathResource("io/coordination/jdbc/schema.sql"))
			.execute(instances.dataSource());
		Future<ConfigurableApplicationContext> other = instances.threads.submit(() -> instances.start(outsiders));
		instances.contexts.add(instances.start(outsiders));
		instances.contexts.add(other.get());
		return instances;
	}

	private ConfigurableApplicationContext start(Outsiders outsiders) {
		SpringApplication application = new SpringApplication(Application.class);
		application.addPrimarySources(List.of(this.jobs));
		application.setWebApplicationType(WebApplicationType.NONE);
		application.setBannerMode(Banner.Mode.OFF);
		application.setLogStartupInfo(false);
		// Two instances cannot set up the logging of one JVM at the same time
		application.setListeners(application.getListeners()
			.stream()
			.filter((listener) -> !(listener instanceof LoggingApplicationListener))
			.toList());
		application.addInitializers((ApplicationContextInitializer<GenericApplicationContext>) (context) -> {
			context.registerBean(MemoryLockBackendFactory.class, () -> this.store);
			outsiders.register(context);
		});
		return application.run("--coordination.backend=memory", "--coordination.namespace=jobs",
				"--spring.datasource.url=" + this.url, "--spring.datasource.hikari.maximum-pool-size=" + CALLERS,
				"--spring.sql.init.mode=never", "--spring.docker.compose.enabled=false", "--relay.retry=100ms");
	}

	/**
	 * A bean of each instance.
	 */
	<T> List<T> get(Class<T> type) {
		return this.contexts.stream().map((context) -> context.getBean(type)).toList();
	}

	JdbcClient database() {
		return get(JdbcClient.class).get(0);
	}

	int count(String query) {
		return database().sql(query).query(Integer.class).single();
	}

	/**
	 * What can be done to the locks of the first instance.
	 */
	LockTestSupport locks() {
		return get(LockTestSupport.class).get(0);
	}

	/**
	 * Has somebody with a later token write to a resource.
	 */
	void overtake(String resource) {
		FencingGuard guard = get(FencingGuard.class).get(0);
		get(TransactionOperations.class).get(0).executeWithoutResult((status) -> guard.check(resource, Long.MAX_VALUE));
	}

	/**
	 * Stops an instance.
	 */
	void stop(int instance) {
		this.contexts.get(instance).close();
	}

	/**
	 * Has both instances do a job, many times and at the same time.
	 */
	<J, R> List<R> race(Class<J> job, int times, Call<J, R> call) throws Exception {
		List<J> instances = get(job);
		List<Callable<R>> calls = new ArrayList<>();
		for (int i = 0; i < times; i++) {
			int number = i;
			calls.add(() -> call.on(instances.get(number % 2), number));
		}
		List<R> results = new ArrayList<>();
		for (Future<R> result : this.threads.invokeAll(calls, 60, TimeUnit.SECONDS)) {
			results.add(result.get());
		}
		return results;
	}

	@Override
	public void close() {
		this.threads.shutdownNow();
		this.contexts.forEach(ConfigurableApplicationContext::close);
		JdbcClient.create(dataSource()).sql("SHUTDOWN").update();
	}

	private DataSource dataSource() {
		return new DriverManagerDataSource(this.url, "sa", "");
	}

	/**
	 * The beans of an instance that no job has.
	 */
	interface Outsiders {

		void register(GenericApplicationContext context);

	}

	/**
	 * One of many calls.
	 *
	 * @param <J> the job
	 * @param <R> the result
	 */
	interface Call<J, R> {

		R on(J job, int number) throws Exception;

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@ImportAutoConfiguration(LockTestAutoConfiguration.class)
	@EnableScheduling
	static class Application {

	}

}
