package io.coordination.web;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;

import io.coordination.lock.LockException;
import io.coordination.lock.LockNotAcquiredException;

/**
 * What an application answers itself.
 */
final class OwnAdvices {

	private OwnAdvices() {
	}

	@ControllerAdvice
	static class OwnAdvice {

		@ExceptionHandler(LockNotAcquiredException.class)
		ResponseEntity<String> teapot() {
			return ResponseEntity.status(418).body("busy");
		}

	}

	@ControllerAdvice
	@Order(Ordered.LOWEST_PRECEDENCE)
	static class OwnLateAdvice {

		@ExceptionHandler(LockException.class)
		ResponseEntity<String> teapot(LockException ex) {
			return ResponseEntity.status((ex instanceof LockNotAcquiredException) ? 418 : 503).body("no lock");
		}

	}

}
