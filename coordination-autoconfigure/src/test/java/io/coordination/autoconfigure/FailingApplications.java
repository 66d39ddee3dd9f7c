package io.coordination.autoconfigure;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.autoconfigure.StartUpFailureTests.Application;
import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendFactory;
import io.coordination.redis.CoordinationRedis;

/**
 * Applications that are wrong in one thing.
 */
final class FailingApplications {

	private FailingApplications() {
	}

	@Configuration(proxyBeanMethods = false)
	static class SecondBackend extends Application {

		@Bean
		LockBackendFactory other() {
			return new LockBackendFactory() {

				@Override
				public String id() {
					return "other";
				}

				@Override
				public LockBackend open(BackendListener listener) {
					throw new IllegalStateException("Not chosen");
				}

			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoFactories extends Application {

		@Bean
		LettuceConnectionFactory cacheRedis() {
			return new LettuceConnectionFactory();
		}

		@Bean
		LettuceConnectionFactory queueRedis() {
			return new LettuceConnectionFactory();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoMarkedFactories extends Application {

		@Bean
		@CoordinationRedis
		LettuceConnectionFactory cacheRedis() {
			return new LettuceConnectionFactory();
		}

		@Bean
		@CoordinationRedis
		LettuceConnectionFactory queueRedis() {
			return new LettuceConnectionFactory();
		}

	}

}
