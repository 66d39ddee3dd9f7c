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
 * <li><b>A line is read after a write.</b> Ahead of the line goes a write on the same
 * session: the creation of the node, or later a check of it. So what is read is at least
 * as new as the node, nobody who came before it is missing, and the leader has seen that
 * the session goes on. What is read when a watch has told of a change needs no other
 * write: it is as new, and the engine relies on the session since its last question only.
 * Seeing somebody who has left does no harm: the watch finds no node, and the line is
 * read again.
 * <li><b>All requests of a question go to one session</b>, and a node is granted only in
 * the session that it ends with. A node of an earlier session is removed, never used, for
 * the server may end it at any moment (CURATOR-604).
 * <li><b>One node an owner.</b> A creation whose answer was lost may have had its effect:
 * then the owner looks for a node of its name first. Nothing sent earlier over the
 * session is executed after that look.
 * <li><b>Nothing late.</b> A node whose creation is answered after its request has failed
 * is deleted at once.
 * <li><b>Closed when in doubt.</b> A node that is none of ours, and sequence numbers that
 * are used up, let nobody in: the owner's node is deleted and the question fails.
 * </ol>
 * The questions of one lock take {@linkplain Turns turns}; answers and events come on the
 * session's thread. So the fields are written by one thread at a time.
 */
final class Claim {

	private final LockRequest request;

	private final LockPath path;

	private final Watches watches;

	/** The containers that need not be made. */
	private final KnownPaths known;

	private volatile @Nullable ZookeeperPlace place;

	private volatile @Nullable OwnersNode node;

	/** Whether there may be a node that we do not know of. */
	private volatile boolean uncertain;

	private volatile @Nullable Predecessor predecessor;

	/** Whether the owner may have been told that it has the lock. */
	private volatile boolean granted;

	Claim(LockRequest request, LockPath path, Watches watches, KnownPaths known) {
		this.request = request;
		this.path = path;
		this.watches = watches;
		this.known = known;
	}

	LockRequest request() {
		return this.request;
	}

	/**
	 * Names the place that hears of a grant.
	 */
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
		if (mine != null || this.uncertain) {
			return find(session, wait, question);
		}
		return join(session, wait, question, false);
	}

	private CompletionStage<Attempt> join(ZookeeperSession session, boolean wait, Pending<?> question, boolean all) {
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
				return above.thenCompose((code) -> notJoined(session, code, wait, question, all));
			}
			throw ZookeeperFailures.answered(mine.code(), this.path.lock());
		}).thenCompose((attempt) -> attempt);
	}

	private CompletionStage<Attempt> notJoined(ZookeeperSession session, Code above, boolean wait, Pending<?> question,
			boolean all) {
		if (above != Code.OK && above != Code.NONODE) {
			throw ZookeeperFailures.answered(above, this.path.lock());
		}
		if (all) {
			throw ZookeeperFailures.noChroot(this.path.root().get(0));
		}
		return join(session, wait, question, true);
	}

	private CompletionStage<Attempt> joined(ZookeeperSession session, Created created, Reply<List<String>> line,
			boolean wait, Pending<?> question) {
		NodeName name = NodeName.parse(LockPath.name(created.path()));
		if (question.isOver() || name == null || created.stat().getEphemeralOwner() != session.id()) {
			session.delete(created.path());
			throw new BackendException("ZooKeeper answered too late, or with a node that is not ours", true, null);
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
				end();
				return join(session, wait, question, false);
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
		end();
		return OwnersNode.find(session, this.path, this.request.owner()).thenCompose((found) -> {
			this.uncertain = false;
			if (found.isEmpty()) {
				return join(session, wait, question, false);
			}
			OwnersNode mine = found.get(0);
			this.node = mine;
			return askAgain(session, mine, wait, question);
		});
	}

	private CompletionStage<Attempt> decide(OwnersNode mine, Reply<List<String>> children, boolean wait) {
		if (!mine.equals(this.node)) {
			// Given up meanwhile
			return CompletableFuture.completedStage(new Attempt.Busy(0, null, null));
		}
		List<String> names = children.value();
		if (names == null) {
			return failed(mine, ZookeeperFailures.answered(children.code(), this.path.lock()));
		}
		Line line = Line.of(names);
		String foreign = line.foreign();
		if (foreign != null) {
			return failed(mine, ZookeeperFailures.foreign(this.path, foreign));
		}
		if (line.isWornOut()) {
			return failed(mine, ZookeeperFailures.wornOut(this.request.key(), this.path));
		}
		if (!line.has(mine.name())) {
			// Somebody removed it: the next question begins anew
			end();
			return CompletableFuture.completedStage(new Attempt.Busy(0, null, null));
		}
		List<NodeName> before = line.before(mine.name());
		if (before.isEmpty()) {
			this.granted = true;
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
				return CompletableFuture.completedStage(new Attempt.Busy(0, null, null));
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
		if (taker != null) {
			this.granted = true;
			taker.granted(mine.lease(this.request));
		}
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
		end();
		return mine.session().delete(mine.path()).thenApply((reply) -> {
			if (!reply.isOk() && !reply.isMissing()) {
				this.uncertain = true;
				throw ZookeeperFailures.answered(reply.code(), mine.path());
			}
			return true;
		});
	}

	private void forgetPredecessor() {
		Predecessor before = this.predecessor;
		this.predecessor = null;
		if (before != null) {
			this.watches.forget(before.path(), this);
		}
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
		return ((mine != null) ? withdrawal.of(mine.name()) : withdrawal.ofAll(this.request.owner()))
			.thenApply((held) -> {
				this.uncertain = false;
				return held;
			});
	}

	/**
	 * The node is gone.
	 */
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
	 * Whether the owner has nothing in the store.
	 */
	boolean isEmpty() {
		return this.node == null && !this.uncertain;
	}

	private void end() {
		this.node = null;
		this.granted = false;
		forgetPredecessor();
	}

}
