package io.coordination.zookeeper;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;

/**
 * One session with ZooKeeper. Requests are executed in the order in which they were sent,
 * also over a broken connection: a server that takes the session over lets nothing in
 * that is still on its way by another. None is repeated, and every one is answered, with
 * {@code CONNECTIONLOSS} at the latest when the connection is given up. Answers and
 * events come on one thread, in order.
 *
 * @param zooKeeper the client's handle of the session, and of no other
 * @param id the session's number
 * @param acl who may use the nodes that are created
 */
record ZookeeperSession(ZooKeeper zooKeeper, long id, List<ACL> acl) {

	/**
	 * Creates a node without data.
	 */
	CompletionStage<Reply<Created>> create(String path, CreateMode mode) {
		CompletableFuture<Reply<Created>> reply = new CompletableFuture<>();
		this.zooKeeper.create(path, new byte[0], this.acl, mode, (code, asked, context, name, stat) -> reply
			.complete(Reply.of(code, (code == 0) ? new Created(name, stat) : null)), null);
		return reply;
	}

	CompletionStage<Reply<List<String>>> children(String path) {
		CompletableFuture<Reply<List<String>>> reply = new CompletableFuture<>();
		this.zooKeeper.getChildren(path, false, (int code, String asked, Object context, List<String> children) -> reply
			.complete(Reply.of(code, children)), null);
		return reply;
	}

	/**
	 * Reads the names below a node as they are after all that anybody was answered. A
	 * write goes ahead, whatever comes of it: alone, the read would be answered by a
	 * server that may lag behind the one that others talk to.
	 */
	CompletionStage<Reply<List<String>>> latestChildren(String path) {
		check(List.of(path));
		return children(path);
	}

	CompletionStage<Reply<Stat>> stat(String path) {
		CompletableFuture<Reply<Stat>> reply = new CompletableFuture<>();
		this.zooKeeper.exists(path, false, (code, asked, context, stat) -> reply.complete(Reply.of(code, stat)), null);
		return reply;
	}

	/**
	 * Reads a node and has its end told. No watch stays where there is no node.
	 */
	CompletionStage<Reply<Stat>> watch(String path, Watcher watcher) {
		CompletableFuture<Reply<Stat>> reply = new CompletableFuture<>();
		this.zooKeeper.getData(path, watcher,
				(code, asked, context, data, stat) -> reply.complete(Reply.of(code, stat)), null);
		return reply;
	}

	/**
	 * Deletes a node, whatever its version.
	 */
	CompletionStage<Reply<Void>> delete(String path) {
		CompletableFuture<Reply<Void>> reply = new CompletableFuture<>();
		this.zooKeeper.delete(path, -1, (code, asked, context) -> reply.complete(Reply.of(code, null)), null);
		return reply;
	}

	/**
	 * Asks the leader whether all of these nodes are there. It is a write, although it
	 * changes nothing: a server that has lost the leader cannot answer it, and what is
	 * read after it is at least as new.
	 */
	CompletionStage<Reply<Void>> check(List<String> paths) {
		CompletableFuture<Reply<Void>> reply = new CompletableFuture<>();
		this.zooKeeper.multi(paths.stream().map((path) -> Op.check(path, -1)).toList(),
				(code, asked, context, results) -> reply.complete(Reply.of(code, null)), null);
		return reply;
	}

	/**
	 * Whether the server is one of an ensemble; one that does not say counts as such.
	 */
	CompletionStage<Boolean> isOfEnsemble() {
		CompletableFuture<Boolean> reply = new CompletableFuture<>();
		this.zooKeeper.getConfig(false,
				(code, asked, context, data, stat) -> reply.complete(code != 0 || data.length > 0), null);
		return reply;
	}

	/**
	 * Whether the client knows that the session has ended. It does before it begins the
	 * next one.
	 */
	boolean isOver() {
		return !this.zooKeeper.getState().isAlive();
	}

	/**
	 * For how long the session surely goes on after a request that was confirmed: half of
	 * its time.
	 * <p>
	 * The leader ends a session when it has not heard of it for the time that was agreed
	 * on. That it took a request of the session is no news to it: a server tells it which
	 * sessions it has heard of with the next ping between the two, half a tick later, and
	 * may have died by then. So what counts is the request before. An idle client speaks
	 * after a third of the session at the latest, and it may take half a tick until the
	 * leader knows of that. Of a session of three ticks or more half is left then.
	 */
	Duration validity() {
		return Duration.ofMillis(this.zooKeeper.getSessionTimeout() / 2);
	}

	/**
	 * A node that was created.
	 *
	 * @param path the node, with its sequence number
	 * @param stat what the server knows of it
	 */
	record Created(String path, Stat stat) {

	}

}
