package io.coordination.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;

/**
 * Gives an instance within a test a directory and a Redis of its own. Runs before what
 * the sample itself does.
 */
class OwnDirectory implements ApplicationContextInitializer<ConfigurableApplicationContext>, Ordered {

	@Override
	public void initialize(ConfigurableApplicationContext context) {
		try {
			TestPropertyValues
				.of("sample.directory=" + Files.createTempDirectory(Path.of("target"), "ticket-shop"),
						"sample.redis-port=" + FreePorts.next(), "sample.existing-redis-port=" + FreePorts.next())
				.applyTo(context);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

}
