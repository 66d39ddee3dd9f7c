package io.coordination.zookeeper;

/**
 * The node that another one waits behind.
 *
 * @param of the node that waits
 * @param path the node before it
 * @param first whether no other is before it
 * @param revision the transaction that created it, or zero while that is not known
 */
record Predecessor(OwnersNode of, String path, boolean first, long revision) {

}
