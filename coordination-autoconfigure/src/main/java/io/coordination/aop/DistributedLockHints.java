package io.coordination.aop;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * What the annotation reflects upon, whatever the methods that carry it: types that it
 * asks for by their name, and what all expressions know of a call.
 */
final class DistributedLockHints implements RuntimeHintsRegistrar {

	/** A native image has of the optional libraries what is registered. */
	private static final List<String> OPTIONAL = List.of("reactor.core.publisher.Flux",
			"reactor.core.scheduler.Schedulers", DistributedLockAutoConfiguration.TRANSACTIONS);

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		OPTIONAL.forEach((name) -> hints.reflection().registerTypeIfPresent(classLoader, name));
		hints.reflection().registerType(CallRoot.class, MemberCategory.INVOKE_PUBLIC_METHODS);
		hints.reflection().registerType(LockMessage.Busy.class, MemberCategory.INVOKE_PUBLIC_METHODS);
	}

}
