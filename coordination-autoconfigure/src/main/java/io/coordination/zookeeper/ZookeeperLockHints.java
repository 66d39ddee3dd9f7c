package io.coordination.zookeeper;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * What a native image must know of locks in ZooKeeper: the sockets, which its client
 * makes by their names, and whether there is Netty.
 */
final class ZookeeperLockHints implements RuntimeHintsRegistrar {

	private static final List<String> SOCKETS = List.of("org.apache.zookeeper.ClientCnxnSocketNIO",
			"org.apache.zookeeper.ClientCnxnSocketNetty");

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		SOCKETS.forEach((name) -> hints.reflection()
			.registerTypeIfPresent(classLoader, name, MemberCategory.INVOKE_DECLARED_CONSTRUCTORS));
		hints.reflection().registerTypeIfPresent(classLoader, ZookeeperTls.NETTY);
	}

}
