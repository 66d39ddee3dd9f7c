/**
 * Locks in ZooKeeper: ephemeral sequential nodes, over a session of the locks' own or one
 * that the application has already.
 */
@NullMarked
package io.coordination.zookeeper;

import org.jspecify.annotations.NullMarked;
