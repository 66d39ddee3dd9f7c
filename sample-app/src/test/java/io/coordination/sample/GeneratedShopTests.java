package io.coordination.sample;

import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An instance that starts from the code which the goal {@code process-aot} has generated
 * before the tests.
 */
class GeneratedShopTests {

	@TempDir(cleanup = CleanupMode.ON_SUCCESS)
	Path directory;

	@Test
	void sellsEverySeatOnce() {
		try (ShopProcess shop = ShopProcess.start(this.directory, List.of("-Dspring.aot.enabled=true"), List
			.of("--sample.redis-port=" + FreePorts.next(), "--sample.existing-redis-port=" + FreePorts.next()))) {
			ShopClient client = shop.client();
			assertThat(shop.log()).contains("Starting AOT-processed SampleApplication");
			ShopState.Outcome locked = client.rush(60, 30).locked();
			assertThat(locked.sold()).isEqualTo(30);
			assertThat(locked.soldTwice()).isZero();
			assertThat(locked.refused()).isEqualTo(30);
		}
	}

	@Test
	void hasTheStoreThatItWasProcessedWith() {
		try (ShopProcess shop = ShopProcess.start(this.directory, List.of("-Dspring.aot.enabled=true"),
				List.of("--coordination.backend=memory", "--spring.data.redis.port=" + FreePorts.next()))) {
			assertThat(shop.exitValue()).isEqualTo(1);
			assertThat(shop.log()).contains(
					"'coordination.backend' is 'memory', but there is no such lock backend; " + "there is: redis.");
		}
	}

}
