package io.coordination.sample.environment;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.coordination.sample.SampleApplication;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.DefaultSingletonBeanRegistry;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.system.ApplicationHome;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Gives the sample what it needs to run from a fresh clone: a directory that all its
 * instances share, and a Redis or a ZooKeeper, if none is configured.
 */
final class SampleEnvironment implements ApplicationContextInitializer<ConfigurableApplicationContext> {

	private static final List<String> CHOICES = List.of("url", "host", "port", "sentinel", "cluster", "masterreplica");

	@Override
	public void initialize(ConfigurableApplicationContext context) {
		// The database must be seen from this machine alone. H2 reads it once, when its
		// first class is loaded
		System.setProperty("h2.bindAddress", "127.0.0.1");
		ConfigurableEnvironment environment = context.getEnvironment();
		Path directory = directory(environment);
		Map<String, Object> properties = new HashMap<>();
		properties.put("sample.directory", directory.toString());
		if (environment.getProperty("coordination.backend", "").equals("zookeeper")) {
			addZookeeper(context, directory, properties);
		}
		else {
			addRedis(context, directory, properties);
		}
		environment.getPropertySources().addFirst(new MapPropertySource("sample", properties));
	}

	private static void addRedis(ConfigurableApplicationContext context, Path directory,
			Map<String, Object> properties) {
		ConfigurableEnvironment environment = context.getEnvironment();
		if (isRedisConfigured(environment) || isBeingProcessed()) {
			return;
		}
		SharedRedis redis = new SharedRedis(directory,
				environment.getProperty("sample.redis-port", Integer.class, 16379));
		destroyLast(context.getBeanFactory(), redis);
		properties.put("spring.data.redis.host", "127.0.0.1");
		properties.put("spring.data.redis.port",
				redis.open(environment.getProperty("sample.existing-redis-port", Integer.class, 6379)));
	}

	private static void addZookeeper(ConfigurableApplicationContext context, Path directory,
			Map<String, Object> properties) {
		ConfigurableEnvironment environment = context.getEnvironment();
		// As in an application that does not have the starter for it
		properties.put("spring.autoconfigure.exclude", DataRedisAutoConfiguration.class.getName());
		if (environment.containsProperty("coordination.zookeeper.connect-string") || isBeingProcessed()) {
			return;
		}
		SharedZookeeper zookeeper = new SharedZookeeper(directory);
		destroyLast(context.getBeanFactory(), zookeeper);
		properties.put("coordination.zookeeper.connect-string", zookeeper.open());
		if (!environment.containsProperty("coordination.zookeeper.session-timeout")) {
			// Too short for an ensemble, where a server needs time to miss its leader
			properties.put("coordination.zookeeper.session-timeout", "5s");
		}
	}

	private static Path directory(ConfigurableEnvironment environment) {
		String configured = environment.getProperty("sample.directory", "");
		try {
			Path directory = configured.isBlank() ? defaultDirectory() : Path.of(configured);
			return Files.createDirectories(directory.toAbsolutePath()).toRealPath();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot make the directory of the sample; choose one with "
					+ "--sample.directory, the same for all instances", ex);
		}
	}

	/**
	 * Beside the classes or the jar, which is the {@code target} directory of the clone,
	 * however it is started.
	 */
	private static Path defaultDirectory() {
		File source = new ApplicationHome(SampleApplication.class).getSource();
		return (source != null && source.getParentFile() != null)
				? source.getParentFile().toPath().resolve("ticket-shop")
				: Path.of(System.getProperty("java.io.tmpdir"), "ticket-shop-" + System.getProperty("user.name"));
	}

	/**
	 * Whether code is generated for the sample, and it does not run.
	 */
	private static boolean isBeingProcessed() {
		return Boolean.getBoolean(AbstractAotProcessor.AOT_PROCESSING);
	}

	private static boolean isRedisConfigured(ConfigurableEnvironment environment) {
		Map<String, Object> redis = Binder.get(environment)
			.bind("spring.data.redis", Bindable.mapOf(String.class, Object.class))
			.orElseGet(Map::of);
		return CHOICES.stream().anyMatch(redis::containsKey);
	}

	private static void destroyLast(ConfigurableListableBeanFactory beans, DisposableBean server) {
		// What is registered first is destroyed last: after everything that talks to it
		((DefaultSingletonBeanRegistry) beans).registerDisposableBean("sharedServer", server);
	}

}
