package io.coordination.lock.event;

import java.util.function.Consumer;

/**
 * Is told what happens to locks: each bean of this type by the registry that Spring Boot
 * configures, each other where a registry is built by hand. What it throws is logged.
 * Acquisition, refusal and release are told on the thread that acts, before its call
 * returns, so a slow listener slows that down. Safe for use by many threads. As a bean it
 * is made before the registry, which it must not need for that.
 */
@FunctionalInterface
public interface LockListener extends Consumer<LockEvent> {

}
