package io.coordination.prevented;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockKeyException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A key with a hole in it: {@code order:null}, one lock for all. The naive aspect gives
 * the text to SpEL, for which a variable that does not exist is {@code null}, and
 * {@code 'order:' + null} a text.
 */
class NullKeyTests {

	private static final Aspect NAIVE = Aspect
		.naming((call, lock) -> lock.name() + ":" + Aspect.spel(call, lock.key()));

	@Test
	void aspectLocksTheTextNull() {
		Locked.run(Locked.aspect(NAIVE), Orders.class,
				(locked) -> assertThat(locked.service().pay(null)).isEqualTo("shop:order:null"));
		Locked.run(Locked.aspect(NAIVE), Typo.class, (locked) -> {
			assertThat(locked.service().pay(1L)).as("a typo").isEqualTo("shop:order:null");
			assertThat(locked.service().pay(2L)).isEqualTo("shop:order:null");
		});
		Locked.run(Locked.aspect(NAIVE), Unnamed.class,
				(locked) -> assertThat(locked.service().apply(1L)).as("no -parameters").isEqualTo("shop:order:null"));
	}

	@Test
	void libraryRefusesAPartThatIsNull() {
		Locked.run(Locked.library(), Orders.class, (locked) -> {
			assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> locked.service().pay(null))
				.withMessageEndingWith("has a part that is null: #order");
			assertThat(locked.service().pay(1L)).isEqualTo("shop:order:1");
		});
	}

	@Test
	void libraryRefusesATypoAtStartUp() {
		Locked.library()
			.withBean(Typo.class)
			.run((context) -> assertThat(context).getFailure()
				.hasMessageContaining("uses '#ordr', which is no parameter."));
	}

	@Test
	void libraryRefusesParametersWithoutNamesAtStartUp() {
		Locked.library()
			.withBean(Unnamed.class)
			.run((context) -> assertThat(context).getFailure()
				.hasMessageContaining("uses '#order', which is no parameter."));
	}

	static class Orders extends Witness {

		@DistributedLock(name = "shop", key = "'order:' + #order")
		public String pay(@Nullable Long order) {
			return held();
		}

	}

	static class Typo extends Witness {

		@DistributedLock(name = "shop", key = "'order:' + #ordr")
		public String pay(Long order) {
			return held();
		}

	}

	/** Compiled without the names of parameters, they are called like this. */
	static class Unnamed extends Witness {

		@DistributedLock(name = "shop", key = "'order:' + #order")
		public String apply(Long arg0) {
			return held();
		}

	}

}
