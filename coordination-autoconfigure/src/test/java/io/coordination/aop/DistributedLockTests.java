package io.coordination.aop;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

import io.coordination.aop.Counters.Counter;
import io.coordination.aop.Counters.Franchise;
import io.coordination.aop.Counters.LocalCounter;
import io.coordination.aop.Tills.PrototypeConfiguration;
import io.coordination.aop.Tills.Till;
import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.HeldLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockInterruptedException;
import io.coordination.lock.LockKeyException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.memory.MemoryLockAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests of {@link DistributedLock} on beans.
 */
public class DistributedLockTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, DistributedLockAutoConfiguration.class,
				CoordinationAutoConfiguration.class, MemoryLockAutoConfiguration.class))
		.withPropertyValues("coordination.backend=memory", "shop.wait=0", "shop.name=till")
		.withUserConfiguration(ShopConfiguration.class);

	@ParameterizedTest
	@ValueSource(strings = { "spring.aop.proxy-target-class=true", "spring.aop.proxy-target-class=false",
			"spring.aop.auto=false" })
	void holdsTheLockWithAndWithoutAspectJ(String property) {
		for (ApplicationContextRunner each : List.of(this.runner,
				this.runner.withClassLoader(new FilteredClassLoader("org.aspectj")))) {
			each.withPropertyValues(property).run((context) -> {
				assertThat(context.getBean(Shop.class).stock(5)).containsExactly("stock:5");
				assertThat(context.getBean(Counter.class).count("x")).containsExactly("counter:x");
				assertThat(context.getBean(LockRegistry.class).held()).isEmpty();
				assertThat(AopUtils.isJdkDynamicProxy(context.getBean(Counter.class)))
					.isEqualTo(!property.equals("spring.aop.proxy-target-class=true"));
			});
		}
	}

	@Test
	void namesTheLock() {
		this.runner.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			String method = Shop.class.getName() + "#";
			assertThat(shop.unnamed(1, List.of())).containsExactly(method + "unnamed(int,java.util.List)");
			assertThat(shop.unnamed(1)).containsExactly(":1");
			assertThat(shop.placeholder()).containsExactly("till");
			assertThat(shop.colon("b:c")).containsExactly("a\\:b\\\\:b:c");
			assertThat(context.getBean(Franchise.class).stock(5)).containsExactly("stock:5");
			assertThat(context.getBean(Franchise.class).unnamed(2)).containsExactly(":2");
			assertThat(shop.composed("x")).containsExactly("composed:x");
		});
	}

	@Test
	void meetsTheSameLockOfTheRegistry() {
		this.runner.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			try (LockHandle held = context.getBean(LockRegistry.class).acquire("stock:7")) {
				assertThat(held.name()).isEqualTo("stock:7");
				assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> onOtherThread(() -> {
					shop.stock(7);
					return null;
				}));
				assertThat(onOtherThread(() -> shop.skip(7))).isNull();
				assertThat(onOtherThread(() -> shop.skipOptional(7))).isEqualTo(Optional.empty());
				assertThat(onOtherThread(() -> shop.skipOptionalInt(7))).isEqualTo(OptionalInt.empty());
				assertThat(onOtherThread(() -> {
					shop.skipVoid(7);
					return "skipped";
				})).isEqualTo("skipped");
				assertThat(shop.calls()).isZero();
			}
			assertThat(shop.skip(7)).isEqualTo("done");
			assertThat(shop.calls()).isOne();
		});
	}

	@Test
	void doesNotSkipWhatIsBusyInside() {
		this.runner.run((context) -> assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> context.getBean(Shop.class).busyInside())
			.withMessage("inside"));
	}

	@Test
	void letsExceptionsThroughAsTheyAre() {
		this.runner.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			for (Throwable each : new Throwable[] { new IOException("io"), new IllegalStateException("state"),
					new AssertionError("error"), new InterruptedException("own"), new Throwable("neither") }) {
				assertThatThrownBy(() -> shop.fail(each)).isSameAs(each);
			}
			assertThat(Thread.currentThread().isInterrupted()).isFalse();
			assertThat(context.getBean(LockRegistry.class).held()).isEmpty();
		});
	}

	@Test
	void tellsOfAnInterruptWhileWaiting() {
		this.runner.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			try (LockHandle held = context.getBean(LockRegistry.class).acquire("patient")) {
				assertThat(held.name()).isEqualTo("patient");
				assertThatExceptionOfType(LockInterruptedException.class).isThrownBy(() -> onOtherThread(() -> {
					Thread.currentThread().interrupt();
					try {
						shop.patient();
					}
					finally {
						assertThat(Thread.interrupted()).isTrue();
					}
					return null;
				}))
					.withMessage("Interrupted while waiting for the lock of " + Shop.class.getName() + ".patient()")
					.withCauseInstanceOf(InterruptedException.class);
				assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> onOtherThread(() -> {
					Thread.currentThread().interrupt();
					shop.patientAndInterruptible();
					return null;
				}));
			}
		});
	}

	@Test
	void refusesAKeyThatIsNoName() {
		this.runner.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			String where = "The key \"#id\" of " + Shop.class.getName() + ".colon(String) ";
			assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> shop.colon(null))
				.withMessage(where + "is null");
			assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> shop.colon(" \t"))
				.withMessage(where + "is blank");
			for (String bad : List.of("a\0b", "a\nb", "\ud800", "x".repeat(10_000_000))) {
				assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> shop.colon(bad))
					.withMessageStartingWith(where + "gives no lock name. The name of a lock must ")
					.satisfies((ex) -> assertThat(ex.getMessage()).hasSizeLessThan(400));
			}
			assertThat(shop.colon("{}")).containsExactly("a\\:b\\\\:{}");
			assertThat(shop.colon("žluťoučký 馬 🐎")).containsExactly("a\\:b\\\\:žluťoučký 馬 🐎");
		});
	}

	@Test
	void locksPrototypesAndScopedBeans() {
		this.runner.withUserConfiguration(PrototypeConfiguration.class).run((context) -> {
			Till first = context.getBean(Till.class);
			assertThat(first.open()).containsExactly("till");
			assertThat(context.getBean(Till.class)).isNotSameAs(first);
		});
	}

	private static <T> @Nullable T onOtherThread(Call<T> call) throws Throwable {
		AtomicReference<@Nullable T> result = new AtomicReference<>();
		AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
		CountDownLatch done = new CountDownLatch(1);
		new Thread(() -> {
			try {
				result.set(call.run());
			}
			catch (Throwable ex) {
				failure.set(ex);
			}
			finally {
				done.countDown();
			}
		}).start();
		done.await();
		Throwable thrown = failure.get();
		if (thrown != null) {
			throw thrown;
		}
		return result.get();
	}

	private interface Call<T> {

		@Nullable T run() throws Throwable;

	}

	@Configuration(proxyBeanMethods = false)
	static class ShopConfiguration {

		@Bean
		@Primary
		Shop shop(ObjectProvider<LockRegistry> registry) {
			return new Shop(registry);
		}

		@Bean
		Franchise franchise(ObjectProvider<LockRegistry> registry) {
			return new Franchise(registry);
		}

		@Bean
		LocalCounter counter(ObjectProvider<LockRegistry> registry) {
			return new LocalCounter(registry);
		}

	}

	public static class Shop {

		private final ObjectProvider<LockRegistry> registry;

		private int calls;

		public Shop(ObjectProvider<LockRegistry> registry) {
			this.registry = registry;
		}

		int calls() {
			return this.calls;
		}

		@DistributedLock(name = "stock", key = "#sku", waitTime = "${shop.wait}")
		public List<String> stock(long sku) {
			return held(this.registry);
		}

		@DistributedLock(name = "stock", key = "#sku", waitTime = "0", onBusy = OnBusy.SKIP)
		public @Nullable String skip(long sku) {
			this.calls++;
			return "done";
		}

		@DistributedLock(name = "stock", key = "#sku", waitTime = "0ms", onBusy = OnBusy.SKIP)
		public Optional<String> skipOptional(long sku) {
			this.calls++;
			return Optional.of("done");
		}

		@DistributedLock(name = "stock", key = "#sku", waitTime = "PT0S", onBusy = OnBusy.SKIP)
		public OptionalInt skipOptionalInt(long sku) {
			this.calls++;
			return OptionalInt.of(1);
		}

		@DistributedLock(name = "stock", key = "#sku", waitTime = "0", onBusy = OnBusy.SKIP)
		public void skipVoid(long sku) {
			this.calls++;
		}

		@DistributedLock
		public List<String> unnamed(int one, List<String> two) {
			return held(this.registry);
		}

		@DistributedLock(key = "#one")
		public List<String> unnamed(int one) {
			return held(this.registry);
		}

		@DistributedLock("${shop.name}")
		public List<String> placeholder() {
			return held(this.registry);
		}

		@DistributedLock(name = "a:b\\", key = "#id")
		public List<String> colon(@Nullable String id) {
			return held(this.registry);
		}

		@Composed("#p0")
		public List<String> composed(String id) {
			return held(this.registry);
		}

		@DistributedLock(onBusy = OnBusy.SKIP)
		public void busyInside() {
			throw new LockNotAcquiredException("inside");
		}

		@DistributedLock
		public void fail(Throwable failure) throws Throwable {
			throw failure;
		}

		@DistributedLock(name = "patient", waitTime = "unbounded")
		public void patient() {
			this.calls++;
		}

		@DistributedLock(name = "patient", waitTime = "unbounded")
		public void patientAndInterruptible() throws InterruptedException {
			this.calls++;
		}

	}

	static List<String> held(ObjectProvider<LockRegistry> registry) {
		return registry.getObject().held().stream().map(HeldLock::name).toList();
	}

}
