package io.coordination.aop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockInterruptedException;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockedAction;

/**
 * Calls whose work is done when the method returns. The calling thread waits for the
 * locks, and enters again what it is inside of.
 * <p>
 * Where a transaction is under way that ends after the call, the locks are entered once
 * more, for the transaction: they are released with the last use.
 */
final class BlockingCalls {

	private static final boolean REACTOR = ClassUtils.isPresent("reactor.core.scheduler.Schedulers",
			BlockingCalls.class.getClassLoader());

	private final @Nullable JoinedTransactions transactions;

	/**
	 * Runs calls.
	 * @param transactions what knows of transactions, or {@code null} if the application
	 * has none
	 */
	BlockingCalls(@Nullable JoinedTransactions transactions) {
		this.transactions = transactions;
	}

	@Nullable Object run(LockCall call, List<LockCall.Request> requests) throws Throwable {
		LockedMethod method = call.method();
		if (REACTOR && NonBlockingThreads.isPresent()) {
			throw new IllegalStateException(
					method.where() + " would wait for its lock on thread '" + Thread.currentThread().getName()
							+ "', which must not be blocked: return a Mono or a Flux, or call it on another thread "
							+ "(Schedulers.boundedElastic())");
		}
		Body body = new Body(call);
		try {
			JoinedTransactions joined = this.transactions;
			if (joined != null && method.release() == ReleasePolicy.AFTER_COMPLETION && joined.isJoinedBy(call)) {
				joined.hold(call, requests);
			}
			enter(call, requests, 0, new ArrayList<>(requests.size()), body);
			return body.result;
		}
		catch (LockNotAcquiredException ex) {
			if (body.entered) {
				throw ex;
			}
			return call.answer(ex);
		}
		catch (LockLostException ex) {
			if (!body.returned || method.onLost() != OnLost.IGNORE) {
				throw ex;
			}
			return body.result;
		}
		catch (InterruptedException ex) {
			if (body.entered || method.interruptible()) {
				throw ex;
			}
			Thread.currentThread().interrupt();
			throw new LockInterruptedException("Interrupted while waiting for the lock of " + method.where(), ex);
		}
		catch (Unchecked ex) {
			throw ex.getCause();
		}
	}

	/**
	 * Acquires from one registry after the other, each inside of the one before, and runs
	 * the method in the innermost.
	 */
	private boolean enter(LockCall call, List<LockCall.Request> requests, int next, List<LockContext.Held> held,
			Body body) throws Exception {
		if (next == requests.size()) {
			return body.run(new LockContext(held, call.method().onLost(), false, LockContext.find().orElse(null)));
		}
		LockCall.Request request = requests.get(next);
		LockTerms terms = call.method().terms();
		Duration wait = (next == 0) ? terms.waitTime() : call.left(terms.waitTime());
		LockContext context = (this.transactions != null) ? this.transactions.around()
				: LockContext.find().orElse(null);
		List<LockHandle> retained = (context != null) ? context.retain(request.registry(), request.names()) : List.of();
		if (!retained.isEmpty()) {
			return enterAround(call, requests, next, held, body, retained);
		}
		LockedAction<Boolean, Exception> action = (handle) -> {
			held.add(new LockContext.Held(request.registry(), handle));
			return enter(call, requests, next + 1, held, body);
		};
		return request.registry().execute(terms.spec(request.names(), wait), action);
	}

	/**
	 * Enters again what a call around holds on behalf of a stage or a publisher, and
	 * acquires the rest.
	 */
	private boolean enterAround(LockCall call, List<LockCall.Request> requests, int next, List<LockContext.Held> held,
			Body body, List<LockHandle> retained) throws Exception {
		LockCall.Request request = requests.get(next);
		try {
			List<String> missing = new ArrayList<>(request.names());
			for (LockHandle handle : retained) {
				held.add(new LockContext.Held(request.registry(), handle));
				missing.removeAll(handle.names());
			}
			if (missing.isEmpty()) {
				return enter(call, requests, next + 1, held, body);
			}
			LockTerms terms = call.method().terms();
			return request.registry().execute(terms.spec(missing, call.left(terms.waitTime())), (handle) -> {
				held.add(new LockContext.Held(request.registry(), handle));
				return enter(call, requests, next + 1, held, body);
			});
		}
		finally {
			retained.forEach(LockHandle::close);
		}
	}

	/**
	 * The rest of the call. Knows whether it was begun: an exception from outside is not
	 * one of the method.
	 */
	private static final class Body {

		private final LockCall call;

		private boolean entered;

		private boolean returned;

		private @Nullable Object result;

		Body(LockCall call) {
			this.call = call;
		}

		boolean run(LockContext context) throws Exception {
			this.entered = true;
			try {
				Object result = this.call.proceed(context);
				if (result != null && this.call.method().mayTurnOutLate() && ReturnType.isLate(result)) {
					throw new IllegalStateException(this.call.method().where() + " returned a "
							+ result.getClass().getTypeName()
							+ ", whose work goes on without the lock. Declare it as the return type, so that the lock "
							+ "is held until it has ended, or return the result itself");
				}
				this.result = result;
				this.returned = true;
				return true;
			}
			catch (Exception | Error ex) {
				throw ex;
			}
			catch (Throwable ex) {
				throw new Unchecked(ex);
			}
		}

	}

	/**
	 * Carries what is neither an exception nor an error.
	 */
	private static final class Unchecked extends RuntimeException {

		private static final long serialVersionUID = 1L;

		Unchecked(Throwable cause) {
			super(cause);
		}

		@Override
		public synchronized Throwable getCause() {
			return Objects.requireNonNull(super.getCause());
		}

	}

}
