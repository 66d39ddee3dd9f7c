package io.coordination.sample;

import java.time.Duration;

import io.coordination.lock.LockNotAcquiredException;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.webmvc.test.autoconfigure.WebMvcTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A test of the web layer alone sees the answers that the application gives.
 */
@WebMvcTest
class WebSliceTests {

	@Autowired
	private MockMvcTester mvc;

	@Test
	void busyLocksAreAConflictInASliceToo() {
		assertThat(this.mvc.post().uri("/orders")).hasStatus(409).hasHeader("Retry-After", "7");
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Orders.class)
	static class Application {

	}

	@RestController
	static class Orders {

		@PostMapping("/orders")
		void place() {
			throw new LockNotAcquiredException("order:17 is busy", Duration.ofSeconds(7));
		}

	}

}
