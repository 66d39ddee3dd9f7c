package io.coordination.aot;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.DistributedLockAutoConfiguration;
import io.coordination.aop.LockContext;
import io.coordination.aop.LockTransactionAutoConfiguration;
import io.coordination.aop.OnLost;
import io.coordination.aop.SingleRun;
import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.event.LockLost;
import io.coordination.memory.MemoryLockAutoConfiguration;
import io.coordination.resilience.ResilienceAutoConfiguration;
import io.coordination.zookeeper.ZookeeperLockAutoConfiguration;
import reactor.core.publisher.Mono;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

/**
 * An application whose context is made ahead of time.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({ AopAutoConfiguration.class, CoordinationAutoConfiguration.class,
		DistributedLockAutoConfiguration.class, LockTransactionAutoConfiguration.class,
		MemoryLockAutoConfiguration.class, ResilienceAutoConfiguration.class, ZookeeperLockAutoConfiguration.class })
class AotApplication {

	public static void main(String[] args) {
		start(args);
	}

	static ConfigurableApplicationContext start(String... args) {
		SpringApplication application = new SpringApplication(AotApplication.class);
		application.setMainApplicationClass(AotApplication.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		return application.run(args);
	}

	@Bean
	Stock stock(LockRegistry locks) {
		return new Stock(locks);
	}

	@Bean
	Losses losses() {
		return new Losses();
	}

	record Article(String sku, int count) {

	}

	static class Stock {

		private final LockRegistry locks;

		Stock(LockRegistry locks) {
			this.locks = locks;
		}

		@DistributedLock(name = "stock", key = "#article.sku", waitTime = "${stock.wait:0}",
				condition = "#article.count > 0", fallbackMethod = "busy")
		String deduct(Article article) throws InterruptedException {
			return held();
		}

		String held() {
			return String.join(",", this.locks.held().stream().map((lock) -> lock.name()).sorted().toList());
		}

		@SuppressWarnings("unused")
		private String busy(Article article, LockNotAcquiredException busy) {
			return "busy";
		}

		@DistributedLock(name = "later", key = "#sku", fallbackMethod = "none")
		Mono<String> later(String sku) {
			return Mono.fromSupplier(this::held);
		}

		@SuppressWarnings("unused")
		private Mono<String> none(String sku) {
			return Mono.just("busy");
		}

		@SingleRun("job")
		Integer job() {
			return 1;
		}

		@DistributedLock(name = "losing", maxHoldTime = "50ms", onLost = OnLost.IGNORE)
		String lose(Losses losses) throws InterruptedException {
			losses.await();
			return LockContext.current().state().name();
		}

	}

	static class Losses {

		private final CountDownLatch lost = new CountDownLatch(1);

		@EventListener
		void lost(LockLost event) {
			this.lost.countDown();
		}

		void await() throws InterruptedException {
			if (!this.lost.await(30, TimeUnit.SECONDS)) {
				throw new IllegalStateException("No event within 30s");
			}
		}

	}

}
