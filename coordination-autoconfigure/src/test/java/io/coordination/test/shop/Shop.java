package io.coordination.test.shop;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;

import io.coordination.lock.LockRegistry;

/**
 * An application as others have it: with Redis, which a test must not need.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class Shop {

	@Bean
	Stock stock() {
		return new Stock();
	}

	@Bean
	Reports reports(LockRegistry locks) {
		return new Reports(locks);
	}

}
