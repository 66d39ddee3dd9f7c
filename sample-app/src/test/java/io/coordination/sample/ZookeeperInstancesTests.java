package io.coordination.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Instances in processes of their own, and the ZooKeeper they use.
 */
class ZookeeperInstancesTests {

	@TempDir(cleanup = CleanupMode.ON_SUCCESS)
	Path directory;

	@TempDir(cleanup = CleanupMode.ON_SUCCESS)
	Path otherDirectory;

	@Test
	void secondInstanceJoinsAndTheServerOutlivesTheFirst() {
		try (ShopProcess first = start(this.directory)) {
			first.client();
			try (ShopProcess second = start(this.directory)) {
				ShopClient client = second.client();
				first.end();
				assertThat(client.rush(40, 20).locked().sold()).isEqualTo(20);
				assertThat(server()).exists();
				assertThat(second.log()).contains("Joined the ZooKeeper that another instance started")
					.doesNotContain("Starting it again");
			}
		}
		assertThat(server()).as("the server, after both have ended").doesNotExist();
	}

	@Test
	void serverThatIsConfiguredIsUsed() throws IOException {
		try (ShopProcess somebodyElse = start(this.directory)) {
			somebodyElse.client();
			String address = Files.readString(this.directory.resolve("zookeeper/address"));
			try (ShopProcess shop = start(this.otherDirectory, "--coordination.zookeeper.connect-string=" + address)) {
				assertThat(shop.client().rush(40, 20).locked().sold()).isEqualTo(20);
				assertThat(this.otherDirectory.resolve("zookeeper")).doesNotExist();
			}
			assertThat(server()).exists();
		}
	}

	@Test
	@DisabledOnOs(value = OS.WINDOWS, disabledReason = "kill -9 needs a Unix")
	void serverEndsByItselfWhenItsLastInstanceWasKilled() {
		try (ShopProcess shop = start(this.directory)) {
			shop.client();
			assertThat(server()).exists();
			shop.signal("KILL");
			Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> Files.notExists(server().getParent()));
		}
	}

	private Path server() {
		return this.directory.resolve("zookeeper/server");
	}

	private static ShopProcess start(Path directory, String... options) {
		List<String> all = new ArrayList<>(List.of(options));
		all.add("--coordination.backend=zookeeper");
		return ShopProcess.start(directory, all);
	}

}
