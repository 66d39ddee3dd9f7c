package io.coordination.prevented;

import java.util.List;

import org.junit.jupiter.api.Test;

import io.coordination.aop.DistributedLock;
import io.coordination.memory.MemoryLockBackendFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two things that get one lock. The naive aspect joins what it has: class and method,
 * name and key, without parameter types and without escaping; and it knows no namespace,
 * so applications that share a store share their locks.
 */
class KeyCollisionTests {

	private static final Aspect NAIVE = Aspect.naming((call, lock) -> {
		String name = lock.name().isEmpty()
				? call.getMethod().getDeclaringClass().getName() + call.getMethod().getName() : lock.name();
		return lock.key().isEmpty() ? name : name + ":" + Aspect.spel(call, lock.key());
	});

	@Test
	void aspectGivesOneLockToTwoThings() {
		Locked.run(Locked.aspect(NAIVE), Shop.class, (locked) -> {
			Shop shop = locked.service();
			assertThat(shop.buy(1)).as("overloaded").isEqualTo(shop.buy("1"));
			assertThat(shop.order("x:y")).as("name and key").isEqualTo(shop.orderX("y"));
		});
	}

	@Test
	void libraryTellsThemApart() {
		Locked.run(Locked.library(), Shop.class, (locked) -> {
			Shop shop = locked.service();
			assertThat(List.of(shop.buy(1), shop.buy("1"), shop.order("x:y"), shop.orderX("y")))
				.doesNotHaveDuplicates();
		});
	}

	@Test
	void libraryTellsApplicationsApart() {
		MemoryLockBackendFactory store = new MemoryLockBackendFactory();
		Locked.run(
				Locked.library()
					.withBean(MemoryLockBackendFactory.class, () -> store)
					.withPropertyValues("spring.application.name=shop"),
				Shop.class,
				(shop) -> Locked.run(Locked.library()
					.withBean(MemoryLockBackendFactory.class, () -> store)
					.withPropertyValues("spring.application.name=bank"), Shop.class, (bank) -> {
						bank.others().holdElsewhere("order", "1");
						assertThat(bank.isFree("order:1")).isFalse();
						assertThat(shop.service().order("1")).isEqualTo("order:1");
					}));
	}

	static class Shop extends Witness {

		@DistributedLock
		public String buy(int sku) {
			return held();
		}

		@DistributedLock
		public String buy(String sku) {
			return held();
		}

		@DistributedLock(name = "order", key = "#key")
		public String order(String key) {
			return held();
		}

		@DistributedLock(name = "order:x", key = "#key")
		public String orderX(String key) {
			return held();
		}

	}

}
