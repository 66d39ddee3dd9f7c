package io.coordination.lock;

import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What to do with an answer when it comes. Unlike a plain {@code whenComplete} it does
 * not lose what the reaction throws.
 */
final class Answers {

	private static final Logger logger = LoggerFactory.getLogger(Answers.class);

	private Answers() {
	}

	static <T> void on(CompletionStage<T> stage, BiConsumer<@Nullable T, @Nullable Throwable> reaction) {
		stage.whenComplete((answer, failure) -> {
			try {
				reaction.accept(answer, failure);
			}
			catch (RuntimeException ex) {
				logger.error("The lock engine failed on an answer", ex);
			}
		});
	}

}
