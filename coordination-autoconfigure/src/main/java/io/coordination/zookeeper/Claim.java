package io.coordination.zookeeper;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.LockRequest;
import io.coordination.zookeeper.ZookeeperSession.Created;

/**
 * One owner's node in the line of a lock: how it gets there, what it waits for, and when
 * it has the lock.
 * <p>
 * An owner joins by creating an ephemeral node with a sequence number, and reads the line
 * in the same flush. If its node stands first it has the lock. Otherwise it watches the
 * node before it, and that alone. When that node is gone and was the only one before it,
 * the owner has the lock without another request, as nobody can get in before it; else it
 * reads the line again.
 * <p>
 * <b>Invariants.</b>
 * <ol>
 * <li><b>A line is read after a write</b> on the same session: the creation of the node,
 * or later a check of it. So nobody who came before the node is missing, and the leader
 * has seen that the session goes on. What is read when a watch has told of a change is as
 * new. Seeing somebody who has left does no harm: the watch finds no node then.
 * <li><b>All requests of a question go to one session</b>, and a node is granted only in
 * the session that it ends with. A node of an earlier session is removed, never used, for
 * the server may end it at any moment (CURATOR-604).
 * <li><b>One node an owner.</b> A creation whose answer was lost may have had its effect:
 * then a node of the owner's name is looked for first, behind a write.
 * <li><b>Nothing late.</b> A request that has failed creates nothing any more, and a node
 * whose creation is answered after that is deleted at once.
 * <li><b>Closed when in doubt.</b> A node that is none of ours, and sequence numbers that
 * are used up, let nobody in: the owner's node is deleted and the question fails.
 * </ol>
 * The questions of one lock take {@linkplain Turns turns}; answers and events come on the
 * session's thread.
 */
final class Claim {

	final LockRequest request;

	final LockPath path;

	private final Watches watches;

	private final KnownPaths known;

	private volatile @Nullable ZookeeperPlace place;

	private volatile @Nullable OwnersNode node;

	/** Whether there may be a node that we do not know of. */
	private volatile boolean uncertain;

	private volatile @Nullable Predecessor predecessor;

	/** Whether the owner may have been told that it has the lock. */
	private volatile boolean granted;

	/** Whether the owner wants the lock no more. */
	private volatile boolean givenUp;

	Claim(LockRequest request, LockPath path, Watches watches, KnownPaths known) {
		this.request = request;
		this.path = path;
		this.watches = watches;
		this.known = known;
	}

	void servedBy(ZookeeperPlace taker) {
		this.place = taker;
	}

	/**
	 * Asks for the lock.
	 * @param wait whether the node stays in the line when others are before it
	 * @param question is over when nobody wants the answer any more
	 */
	CompletionStage<Attempt> ask(ZookeeperSession session, boolean wait, Pending<?> question) {
		OwnersNode mine = this.node;
		if (mine != null && mine.session().id() == session.id()) {
			return askAgain(session, mine, wait, question);
		}
		if (mine != null && hasGone(wait)) {
			return busy();
		}
		return (mine != null || this.uncertain) ? find(session, wait, question) : join(session, wait, question, false);
	}

	/**
	 * Our node has gone. A waiter that was let in meanwhile does not join again: it
	 * learns of its loss by the next renewal.
	 */
	private boolean hasGone(boolean wait) {
		boolean inside = this.granted && wait;
		end();
		return inside;
	}

	private CompletionStage<Attempt> join(ZookeeperSession session, boolean wait, Pending<?> question, boolean all) {
		if (question.isOver()) {
			throw ZookeeperFailures.tooLate();
		}
		this.uncertain = true;
		CompletionStage<Code> above = this.known.create(session, this.path, all);
		CompletionStage<Reply<Created>> created = session.create(this.path.node(NodeName.prefix(this.request.owner())),
				CreateMode.EPHEMERAL_SEQUENTIAL);
		return created.thenCombine(session.children(this.path.lock()), (mine, line) -> {
			Created done = mine.value();
			if (done != null) {
				return joined(session, done, line, wait, question);
			}
			this.uncertain = ZookeeperFailures.mayHaveApplied(mine.code());
			if (mine.isMissing()) {
				return above.thenCompose((code) -> {
					if (all || (code != Code.OK && code != Code.NONODE)) {
						throw ZookeeperFailures.notMade(code, this.path);
					}
					return join(session, wait, question, true);
				});
			}
			throw ZookeeperFailures.answered(mine.code(), this.path.lock());
		}).thenCompose((attempt) -> attempt);
	}

	private CompletionStage<Attempt> joined(ZookeeperSession session, Created created, Reply<List<String>> line,
			boolean wait, Pending<?> question) {
		NodeName name = NodeName.parse(LockPath.name(created.path()));
		if (question.isOver() || name == null || created.stat().getEphemeralOwner() != session.id()) {
			session.delete(created.path());
			throw ZookeeperFailures.tooLate();
		}
		OwnersNode mine = new OwnersNode(created.path(), name, created.stat().getCzxid(), session);
		this.node = mine;
		this.uncertain = false;
		return decide(mine, line, wait);
	}

	/**
	 * Has the leader confirm the node, and reads the line.
	 */
	private CompletionStage<Attempt> askAgain(ZookeeperSession session, OwnersNode mine, boolean wait,
			Pending<?> question) {
		return session.check(List.of(mine.path())).thenCombine(session.children(this.path.lock()), (check, line) -> {
			if (check.isMissing()) {
				return hasGone(wait) ? busy() : join(session, wait, question, false);
			}
			if (!check.isOk()) {
				return failed(mine, ZookeeperFailures.answered(check.code(), mine.path()));
			}
			return decide(mine, line, wait);
		}).thenCompose((attempt) -> attempt);
	}

	/**
	 * Looks for a node that we do not know of, or that is of an earlier session.
	 */
	private CompletionStage<Attempt> find(ZookeeperSession session, boolean wait, Pending<?> question) {
		return OwnersNode.find(session, this.path, this.request.owner()).thenCompose((found) -> {
			this.uncertain = false;
			if (found.isEmpty()) {
				return join(session, wait, question, false);
			}
			this.node = found.get(0);
			return askAgain(session, found.get(0), wait, question);
		});
	}

	private CompletionStage<Attempt> decide(OwnersNode mine, Reply<List<String>> children, boolean wait) {
		if (!mine.equals(this.node)) {
			// Given up meanwhile
			return busy();
		}
		List<String> names = children.value();
		if (names == null) {
			return failed(mine, ZookeeperFailures.answered(children.code(), this.path.lock()));
		}
		Line line = Line.of(names);
		BackendException why = line.fault(this.request.key(), this.path);
		if (why != null) {
			return failed(mine, why);
		}
		if (!line.has(mine.name())) {
			// Somebody removed it: the next question begins anew
			end();
			return busy();
		}
		List<NodeName> before = line.before(mine.name());
		if (before.isEmpty()) {
			this.granted = !this.givenUp;
			return CompletableFuture.completedStage(new Attempt.Granted(mine.lease(this.request)));
		}
		String holder = before.get(0).readableOwner();
		if (wait) {
			return follow(mine, before.get(before.size() - 1), before.size() == 1, holder);
		}
		return leave(mine).thenApply((left) -> new Attempt.Busy(0, null, holder));
	}

	private CompletionStage<Attempt> follow(OwnersNode mine, NodeName before, boolean first, String holder) {
		String watched = this.path.node(before.text());
		Predecessor present = this.predecessor;
		if (present != null && present.path().equals(watched)) {
			this.predecessor = new Predecessor(mine, watched, first, present.revision());
			return CompletableFuture.completedStage(new Attempt.Busy(first ? present.revision() : 0, null, holder));
		}
		forgetPredecessor();
		this.predecessor = new Predecessor(mine, watched, first, 0);
		return this.watches.watch(mine.session(), watched, this).thenCompose((reply) -> {
			if (!mine.equals(this.node)) {
				return busy();
			}
			Stat stat = reply.value();
			if (stat != null) {
				this.predecessor = new Predecessor(mine, watched, first, stat.getCzxid());
				return CompletableFuture.completedStage(new Attempt.Busy(first ? stat.getCzxid() : 0, null, holder));
			}
			this.predecessor = null;
			if (!reply.isMissing()) {
				return failed(mine, ZookeeperFailures.answered(reply.code(), watched));
			}
			return mine.session().children(this.path.lock()).thenCompose((line) -> decide(mine, line, true));
		});
	}

	/**
	 * A node is gone that this one may wait behind. The news may be meant for the node of
	 * a later session than ours.
	 */
	void predecessorGone(String gone) {
		Predecessor before = this.predecessor;
		if (before == null || !before.path().equals(gone) || before.of().session().isOver()) {
			return;
		}
		this.predecessor = null;
		OwnersNode mine = before.of();
		if (before.first()) {
			granted(mine);
			return;
		}
		mine.session()
			.children(this.path.lock())
			.thenCompose((line) -> decide(mine, line, true))
			.whenComplete((attempt, ex) -> {
				// Whatever went wrong, the next question finds out
				if (attempt instanceof Attempt.Granted) {
					granted(mine);
				}
			});
	}

	private void granted(OwnersNode mine) {
		ZookeeperPlace taker = this.place;
		if (taker != null && !this.givenUp) {
			this.granted = true;
			taker.granted(mine.lease(this.request));
		}
	}

	private static CompletionStage<Attempt> busy() {
		return CompletableFuture.completedStage(new Attempt.Busy(0, null, null));
	}

	/**
	 * A question that surely fails leaves no node, save that of an owner who is inside.
	 */
	private CompletionStage<Attempt> failed(OwnersNode mine, BackendException why) {
		if (this.granted || why.mayHaveApplied()) {
			throw why;
		}
		return leave(mine).thenApply((left) -> {
			throw why;
		});
	}

	private CompletionStage<Boolean> leave(OwnersNode mine) {
		this.uncertain = true;
		end();
		return mine.session().delete(mine.path()).thenApply((reply) -> {
			if (!reply.isOk() && !reply.isMissing()) {
				throw ZookeeperFailures.answered(reply.code(), mine.path());
			}
			this.uncertain = false;
			return true;
		});
	}

	private void forgetPredecessor() {
		Predecessor before = this.predecessor;
		this.predecessor = null;
		this.watches.forget(before, this);
	}

	/**
	 * Removes every node that the owner may have.
	 * @return whether one of them stood first
	 */
	CompletionStage<Boolean> withdraw(ZookeeperSession session) {
		OwnersNode mine = this.node;
		end();
		this.uncertain = true;
		Withdrawal withdrawal = new Withdrawal(session, this.path);
		CompletionStage<Boolean> held = (mine != null) ? withdrawal.of(mine.name())
				: withdrawal.ofAll(this.request.owner());
		return held.whenComplete((first, ex) -> this.uncertain = ex != null);
	}

	void gone(String path) {
		OwnersNode mine = this.node;
		if (mine != null && mine.path().equals(path)) {
			end();
		}
	}

	boolean isGranted() {
		return this.granted;
	}

	/**
	 * The owner wants the lock no more, also if it is granted by now: what is granted
	 * from now on is granted to nobody.
	 */
	void giveUp() {
		this.givenUp = true;
		this.granted = false;
	}

	void want() {
		this.givenUp = false;
	}

	boolean isEmpty() {
		return this.node == null && !this.uncertain;
	}

	private void end() {
		this.node = null;
		this.granted = false;
		forgetPredecessor();
	}

}
