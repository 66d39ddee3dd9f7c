package io.coordination.aop;

import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.context.bean.override.convention.TestBean;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.context.bean.override.mockito.MockitoSpyBean;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.LockRegistry;
import io.coordination.memory.MemoryLockAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Beans that the test of an application replaces.
 */
@SpringJUnitConfig
@TestPropertySource(properties = "coordination.backend=memory")
class ReplacedBeanTests {

	@MockitoBean
	private Mocked mocked;

	@MockitoSpyBean
	private Spied spied;

	@TestBean
	private Replaced replaced;

	static Replaced replaced() {
		return new Replaced();
	}

	@Test
	void mocksAndReplacementsNeedNoProxy() {
		assertThat(this.mocked.work()).isNull();
		assertThat(this.replaced.work()).isEqualTo("done");
	}

	@Test
	void spiesHaveTheirLock(@Autowired LockRegistry locks) {
		assertThat(this.spied.work(locks)).isOne();
		Mockito.verify(this.spied).work(locks);
	}

	@Test
	void aMockIsToldFromABean() {
		assertThat(TestDoubles.isMock(this.mocked)).isTrue();
		assertThat(TestDoubles.isMock(new Replaced())).isFalse();
	}

	static class Mocked {

		@DistributedLock
		String work() {
			return "done";
		}

	}

	static class Spied {

		@DistributedLock
		int work(LockRegistry locks) {
			return locks.held().size();
		}

	}

	static class Replaced {

		@DistributedLock
		String work() {
			return "done";
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ AopAutoConfiguration.class, DistributedLockAutoConfiguration.class,
			CoordinationAutoConfiguration.class, MemoryLockAutoConfiguration.class })
	static class Application {

		@Bean
		Mocked mocked() {
			return new Mocked();
		}

		@Bean
		Spied spied() {
			return new Spied();
		}

		@Bean
		Replaced replaced() {
			return new Replaced();
		}

	}

}
