package io.coordination.sample;

import java.nio.file.Path;
import java.time.Duration;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.ApplicationContext;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One instance whose locks are in ZooKeeper.
 */
@TestPropertySource(properties = "coordination.backend=zookeeper")
class ZookeeperSampleApplicationTests extends SampleApplicationTests {

	@Autowired
	private ApplicationContext context;

	@Value("${coordination.zookeeper.connect-string}")
	private String servers;

	@Test
	void redisIsNeitherStartedNorAsked(@Value("${sample.directory}") Path directory) {
		assertThat(this.context.getBeanProvider(RedisConnectionFactory.class).stream()).isEmpty();
		assertThat(directory).isDirectoryNotContaining((file) -> file.getFileName().toString().startsWith("redis"));
	}

	@Test
	void instancesAgreeOnTheNameOfTheirStore() {
		String name = this.context.getBean(LockStore.class).id();
		ZookeeperStore another = new ZookeeperStore(this.servers);
		assertThat(another.id()).isEqualTo(name).isNotEqualTo(LockStore.UNKNOWN);
		another.destroy();
		ZookeeperStore elsewhere = new ZookeeperStore(this.servers + "/coordination");
		assertThat(elsewhere.id()).isNotEqualTo(name);
		elsewhere.destroy();
	}

	@Test
	void sessionsOfTheServerThatTheSampleBringsAreShort(
			@Value("${coordination.zookeeper.session-timeout}") Duration session) throws Exception {
		try (CuratorFramework client = CuratorFrameworkFactory.newClient(this.servers, (int) session.toMillis(), 5000,
				new RetryOneTime(100))) {
			client.start();
			client.getZookeeperClient().getZooKeeper().getData("/", false, null);
			assertThat(client.getZookeeperClient().getLastNegotiatedSessionTimeoutMs()).isEqualTo(5000);
		}
	}

	@Override
	void lose(Concert concert) {
		try (CuratorFramework client = CuratorFrameworkFactory.newClient(this.servers, new RetryOneTime(100))) {
			client.start();
			String lock = "/coordination/locks/ticket-shop/concert%3A" + concert.id();
			for (String node : client.getChildren().forPath(lock)) {
				client.delete().forPath(lock + "/" + node);
			}
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

}
