package io.coordination.web;

import java.lang.reflect.UndeclaredThrowableException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;

import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockNotAcquiredException;

/**
 * Answers requests that did not get their lock, in Spring MVC and in WebFlux. Comes after
 * every advice of the application.
 * <p>
 * The answer tells nobody which lock it was, who holds it or where the store is: names of
 * locks have keys in them, which may be personal, and the rest is nobody's business
 * outside. What the exception says is logged: a busy lock at debug level, a store that
 * cannot be asked as a warning.
 * <p>
 * Safe for use by many threads.
 */
@ControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
final class LockProblemAdvice {

	/** Long enough for a store to come back, or a circuit to be tried again. */
	private static final Duration BACKEND_DELAY = Duration.ofSeconds(5);

	private static final Logger logger = LoggerFactory.getLogger(LockProblemAdvice.class);

	private final WebProblemProperties properties;

	LockProblemAdvice(WebProblemProperties properties) {
		this.properties = properties;
	}

	/**
	 * Answers what a handler threw. Spring also asks where the failure is the cause of
	 * another exception, which is declined by throwing that again: an application that
	 * has given it a meaning of its own has also said what to answer, with a
	 * {@code @ResponseStatus} for example.
	 * @param thrown what the handler threw
	 */
	@ExceptionHandler({ LockNotAcquiredException.class, LockBackendException.class })
	ResponseEntity<ProblemDetail> answer(Throwable thrown) throws Throwable {
		Throwable failure = unwrap(thrown);
		if (failure instanceof LockNotAcquiredException busy) {
			logger.debug("{}", busy.getMessage());
			return answer(this.properties.busyStatus(), "This is in progress, or was done a moment ago.",
					busy.remainingLease().orElse(Duration.ZERO));
		}
		if (failure instanceof LockBackendException backend) {
			logger.warn("{}", backend.getMessage());
			return answer(this.properties.backendStatus(), "This cannot be done at the moment.", BACKEND_DELAY);
		}
		throw thrown;
	}

	/**
	 * What asynchronous results and proxies wrap their failures in means nothing by
	 * itself.
	 */
	private static Throwable unwrap(Throwable thrown) {
		Throwable failure = thrown;
		while ((failure instanceof CompletionException || failure instanceof ExecutionException
				|| failure instanceof UndeclaredThrowableException) && failure.getCause() != null) {
			failure = failure.getCause();
		}
		return failure;
	}

	private static ResponseEntity<ProblemDetail> answer(int status, String detail, Duration delay) {
		long seconds = Math.max(1, delay.plusNanos(999_999_999).toSeconds());
		return ResponseEntity.status(status)
			.header(HttpHeaders.RETRY_AFTER, Long.toString(seconds))
			.body(ProblemDetail.forStatusAndDetail(HttpStatusCode.valueOf(status), detail + " Try again in a while."));
	}

}
