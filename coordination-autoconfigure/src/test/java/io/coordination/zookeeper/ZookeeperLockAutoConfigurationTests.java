package io.coordination.zookeeper;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.imps.CuratorFrameworkState;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.backend.LockBackendFactory;
import io.coordination.backend.LockKey;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockState;
import io.coordination.memory.MemoryLockAutoConfiguration;
import io.coordination.redis.RedisLockAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Locks in ZooKeeper as an application gets them.
 */
class ZookeeperLockAutoConfigurationTests extends ZookeeperFixture {

	private static final String PREFIX = "coordination.zookeeper.";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZookeeperLockAutoConfiguration.class,
				MemoryLockAutoConfiguration.class, CoordinationAutoConfiguration.class))
		.withPropertyValues("spring.application.name=shop", "coordination.lock.shutdown.grace-period=0");

	@Test
	void locksWhereItsAddressIs() {
		this.runner
			.withPropertyValues(PREFIX + "connect-string=" + server().address(), PREFIX + "root-path=/locks-of/shop",
					"coordination.fail-fast=true")
			.run((context) -> {
				LockRegistry locks = context.getBean(LockRegistry.class);
				try (LockHandle handle = locks.acquire("order:42")) {
					assertThat(handle.state()).isEqualTo(LockState.HELD);
					assertThat(handle.fencingToken()).isPositive();
					assertThat(handle.verify().toCompletableFuture().get()).isTrue();
					assertThat(server().children("/locks-of/shop/locks/shop/order%3A42")).hasSize(1);
				}
				assertThat(server().children("/locks-of/shop/locks/shop/order%3A42")).isEmpty();
			});
	}

	@Test
	void locksOverTheSessionOfTheApplicationsClientAndLeavesItOpen() throws Exception {
		try (CuratorFramework client = client()) {
			client.start();
			client.blockUntilConnected();
			this.runner
				.withBean("curator", CuratorFramework.class, () -> client, (bean) -> bean.setDestroyMethodName(""))
				.run((context) -> {
					try (LockHandle handle = context.getBean(LockRegistry.class).acquire("order:42")) {
						String path = LockPath.of(ROOT, new LockKey("shop", "order:42")).lock();
						assertThat(server().stat(path + "/" + server().children(path).get(0)).getEphemeralOwner())
							.isEqualTo(client.getZookeeperClient().getZooKeeper().getSessionId());
						assertThat(handle.state()).isEqualTo(LockState.HELD);
					}
				});
			assertThat(client.getState()).isEqualTo(CuratorFrameworkState.STARTED);
		}
	}

	@Test
	void addressOfTheLocksGoesBeforeTheApplicationsClients() {
		this.runner.withBean("one", CuratorFramework.class, this::client)
			.withBean("two", CuratorFramework.class, this::client)
			.withPropertyValues(PREFIX + "connect-string=" + server().address())
			.run((context) -> context.getBean(LockRegistry.class).acquire("order:42").close());
	}

	@Test
	void isNotThereWithoutAReason() {
		this.runner.withPropertyValues("coordination.backend=memory")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ZookeeperLockBackendFactory.class));
		this.runner.withClassLoader(new FilteredClassLoader(CuratorFramework.class))
			.withPropertyValues(PREFIX + "connect-string=x:1", "coordination.backend=memory")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ZookeeperLockBackendFactory.class));
	}

	@Test
	void whatCannotBeUsedIsInNobodysWay() {
		this.runner.withBean("one", CuratorFramework.class, this::client)
			.withBean("two", CuratorFramework.class, this::client)
			.withPropertyValues("coordination.backend=memory", PREFIX + "root-path=nowhere")
			.run((context) -> assertThat(context).hasNotFailed().getBeans(LockBackendFactory.class).hasSize(2));
	}

	@Test
	void redisThatCannotBeChosenIsInNobodysWayEither() {
		ApplicationContextRunner withRedis = this.runner
			.withConfiguration(AutoConfigurations.of(RedisLockAutoConfiguration.class))
			.withBean("one", LettuceConnectionFactory.class, LettuceConnectionFactory::new)
			.withBean("two", LettuceConnectionFactory.class, LettuceConnectionFactory::new)
			.withPropertyValues(PREFIX + "connect-string=" + server().address(),
					"coordination.redis.command-timeout=0");
		withRedis.withPropertyValues("coordination.backend=zookeeper")
			.run((context) -> context.getBean(LockRegistry.class).acquire("order:42").close());
		fails(withRedis.withPropertyValues("coordination.backend=redis"),
				"There are several Redis connection factories, and locks cannot choose: one, two.",
				"Mark one of them with @CoordinationRedis, at the bean method or class.");
	}

	@Test
	void namesThePropertyWhenThereIsNoAddress() {
		fails(this.runner.withPropertyValues("coordination.backend=zookeeper"),
				"'coordination.zookeeper.connect-string' is not set, and there is no CuratorFramework whose session "
						+ "locks could use.",
				"Set 'coordination.zookeeper.connect-string', such as 'zk1:2181,zk2:2181,zk3:2181'.");
	}

	@Test
	void doesNotChooseAmongSeveralClients() {
		fails(this.runner.withBean("one", CuratorFramework.class, this::client)
			.withBean("two", CuratorFramework.class, this::client),
				"There are several CuratorFrameworks, and locks cannot choose: one, two.",
				"Make one of them @Primary, or set 'coordination.zookeeper.connect-string' to give locks a session of "
						+ "their own.");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			session-timeout=3s            | session-timeout
			session-timeout=30d           | session-timeout
			request-timeout=0             | request-timeout
			connection-timeout=0          | connection-timeout
			root-path=/                   | root-path
			root-path=locks               | root-path
			root-path=/locks/             | root-path
			root-path=/a//b               | root-path
			connect-string=:              | connect-string
			connect-string=x:y            | connect-string
			connect-string=x:1/a/         | connect-string
			""")
	void namesThePropertyThatCannotBeUsed(String setting, String property) {
		this.runner.withPropertyValues(PREFIX + "connect-string=127.0.0.1:1", PREFIX + setting)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.satisfies((ex) -> assertThat(analyzed(context.getStartupFailure()).analysis().getDescription())
					.startsWith("'" + PREFIX + property + "' cannot be used: ")));
	}

	@Test
	void namesTheCredentialsThatAreMissing() {
		String address = PREFIX + "connect-string=127.0.0.1:1";
		fails(this.runner.withPropertyValues(address, PREFIX + "username=locks"),
				"Of 'coordination.zookeeper.username' and 'coordination.zookeeper.password' only one is set.",
				"Set both, or none of them.");
		fails(this.runner.withPropertyValues(address, PREFIX + "acl=creator"),
				"'coordination.zookeeper.acl' is 'creator', but 'coordination.zookeeper.username' is not set.",
				"Set 'coordination.zookeeper.username' and 'coordination.zookeeper.password', or set the acl to "
						+ "'open'.");
		fails(this.runner.withBean("one", CuratorFramework.class, this::client)
			.withPropertyValues(PREFIX + "username=locks", PREFIX + "password=s3cret"),
				"'coordination.zookeeper.username' is set, but not 'coordination.zookeeper.connect-string', and the "
						+ "application's CuratorFramework is authenticated on its own.",
				"Set 'coordination.zookeeper.connect-string', or remove the username.");
	}

	@Test
	void emptyCredentialsAreNone() {
		this.runner
			.withPropertyValues(PREFIX + "connect-string=" + server().address(), PREFIX + "username=",
					PREFIX + "password=")
			.run((context) -> assertThat(context.getBean(ZookeeperLockProperties.class).access())
				.isEqualTo(ZookeeperLockSettings.Access.OPEN));
	}

	@Test
	void namesTheAddressWhenNobodyIsThere() {
		fails(this.runner.withPropertyValues(PREFIX + "connect-string=127.0.0.1:1", PREFIX + "connection-timeout=300ms",
				"coordination.fail-fast=true"),
				"The lock backend 'zookeeper' cannot be used: ZooKeeper cannot be reached. Check that it runs, "
						+ "'coordination.zookeeper.connect-string', and '.ssl' if it wants TLS.",
				"Start it, correct how it is reached and logged in to, or set 'coordination.fail-fast' to 'false' to "
						+ "start without it.");
	}

	@Test
	void passwordIsNotSaid() {
		this.runner
			.withPropertyValues(PREFIX + "connect-string=" + server().address(), PREFIX + "username=locks",
					PREFIX + "password=s3cret", PREFIX + "root-path=/guarded-by-properties")
			.run((context) -> {
				assertThat(context.getBean(ZookeeperLockProperties.class).toString()).doesNotContain("s3cret");
				context.getBean(LockRegistry.class).acquire("order:42").close();
			});
	}

	private CuratorFramework client() {
		return CuratorFrameworkFactory.newClient(server().address(), 4000, 4000, new RetryOneTime(100));
	}

	private static void fails(ApplicationContextRunner runner, String description, String action) {
		runner.run((context) -> {
			assertThat(context).hasFailed();
			FailureAnalyzedException failure = analyzed(context.getStartupFailure());
			assertThat(failure.analysis().getDescription()).isEqualTo(description);
			assertThat(failure.analysis().getAction()).isEqualTo(action);
		});
	}

	private static FailureAnalyzedException analyzed(Throwable thrown) {
		Throwable ex = thrown;
		while (!(ex instanceof FailureAnalyzedException) && ex.getCause() != null) {
			ex = ex.getCause();
		}
		assertThat(ex).isInstanceOf(FailureAnalyzedException.class);
		return (FailureAnalyzedException) ex;
	}

}
