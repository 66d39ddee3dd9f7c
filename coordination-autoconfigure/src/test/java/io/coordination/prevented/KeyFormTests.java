package io.coordination.prevented;

import org.junit.jupiter.api.Test;

import org.springframework.expression.EvaluationException;

import io.coordination.aop.DistributedLock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A key that is read as something else than it was meant. One naive aspect gives each key
 * to SpEL, which fails at plain text; the other takes for an expression what has a
 * {@code #} in it, so that whoever forgets that gets one lock for all.
 */
class KeyFormTests {

	private static final Aspect ALWAYS_SPEL = Aspect.naming((call, lock) -> "" + Aspect.spel(call, lock.key()));

	private static final Aspect SPEL_WITH_A_HASH = Aspect
		.naming((call, lock) -> lock.key().contains("#") ? "" + Aspect.spel(call, lock.key()) : lock.key());

	@Test
	void aspectFailsAtPlainText() {
		Locked.run(Locked.aspect(ALWAYS_SPEL), Text.class,
				(locked) -> assertThatExceptionOfType(EvaluationException.class)
					.isThrownBy(() -> locked.service().plain(1)));
	}

	@Test
	void aspectLocksAllUsersTogether() {
		Locked.run(Locked.aspect(SPEL_WITH_A_HASH), Forgotten.class,
				(locked) -> assertThat(locked.service().rename(1)).isEqualTo(locked.service().rename(2))
					.isEqualTo("user/rename"));
	}

	@Test
	void libraryKnowsTheFormsByTheirCharacters() {
		Locked.run(Locked.library(), Text.class, (locked) -> {
			assertThat(locked.service().plain(1)).isEqualTo("text:daily-report");
			assertThat(locked.service().template(1)).isEqualTo("text:order#1");
			assertThat(locked.service().expression(1)).isEqualTo("text:order#1");
		});
	}

	@Test
	void libraryRefusesAParameterWithoutItsHash() {
		Locked.library()
			.withBean(Forgotten.class)
			.run((context) -> assertThat(context).getFailure()
				.hasMessageContaining("key = \"user/rename\" is plain text, the same for all calls, but begins with "
						+ "the name of a parameter."));
	}

	static class Text extends Witness {

		@DistributedLock(name = "text", key = "daily-report")
		public String plain(long order) {
			return held();
		}

		@DistributedLock(name = "text", key = "order##{#order}")
		public String template(long order) {
			return held();
		}

		@DistributedLock(name = "text", key = "'order#' + #order")
		public String expression(long order) {
			return held();
		}

	}

	static class Forgotten extends Witness {

		@DistributedLock(name = "user", key = "user/rename")
		public String rename(long user) {
			return held();
		}

	}

}
