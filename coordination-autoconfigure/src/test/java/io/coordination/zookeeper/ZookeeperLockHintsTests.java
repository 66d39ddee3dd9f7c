package io.coordination.zookeeper;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.TypeReference;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.context.annotation.ImportRuntimeHints;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a native image is told of locks in ZooKeeper.
 */
class ZookeeperLockHintsTests {

	private final RuntimeHints hints = new RuntimeHints();

	ZookeeperLockHintsTests() {
		new ZookeeperLockHints().registerHints(this.hints, getClass().getClassLoader());
	}

	@ParameterizedTest
	@ValueSource(strings = { "ClientCnxnSocketNIO", "ClientCnxnSocketNetty" })
	void socketsOfTheClientCanBeMade(String name) {
		assertThat(RuntimeHintsPredicates.reflection()
			.onType(TypeReference.of("org.apache.zookeeper." + name))
			.withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS)).accepts(this.hints);
	}

	@Test
	void nettyIsSeen() {
		assertThat(RuntimeHintsPredicates.reflection().onType(TypeReference.of(ZookeeperTls.NETTY)))
			.accepts(this.hints);
	}

	@Test
	void theyComeWithTheLocks() {
		ImportRuntimeHints imported = ZookeeperLockAutoConfiguration.class.getAnnotation(ImportRuntimeHints.class);
		assertThat(imported.value()).contains(ZookeeperLockHints.class);
	}

}
