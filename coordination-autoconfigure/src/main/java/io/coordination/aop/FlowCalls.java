package io.coordination.aop;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;

import kotlin.ResultKt;
import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.CoroutineContext;
import kotlin.coroutines.SafeContinuation;
import kotlin.coroutines.intrinsics.IntrinsicsKt;
import kotlin.coroutines.jvm.internal.ContinuationImpl;
import kotlinx.coroutines.CoroutineScope;
import kotlinx.coroutines.CoroutineScopeKt;
import kotlinx.coroutines.Job;
import kotlinx.coroutines.flow.Flow;
import kotlinx.coroutines.flow.FlowCollector;
import kotlinx.coroutines.flow.FlowKt;
import kotlinx.coroutines.future.FutureKt;
import kotlinx.coroutines.reactor.ReactorContext;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;

/**
 * Calls that return a Kotlin flow. The locks are acquired for each collection, and held
 * until it has ended. The flow runs in the coroutine of its collector, as without a lock,
 * so it has ended when its {@code collect} returns or throws, also when it was cancelled.
 */
final class FlowCalls {

	private FlowCalls() {
	}

	/**
	 * Runs a call.
	 * @param joined what knows of transactions, or {@code null} if the application has
	 * none
	 */
	static Object run(LockCall call, @Nullable JoinedTransactions joined) {
		try {
			return new LockedFlow(call, call.requests(), joined, null);
		}
		catch (RuntimeException ex) {
			return new LockedFlow(call, List.of(), joined, ex);
		}
	}

	/**
	 * The flow that the caller gets.
	 *
	 * @param refusal why there can be no collection
	 */
	private record LockedFlow(LockCall call, List<LockCall.Request> requests, @Nullable JoinedTransactions joined,
			@Nullable RuntimeException refusal) implements Flow<Object> {

		@Override
		public @Nullable Object collect(FlowCollector<? super Object> collector,
				Continuation<? super Unit> continuation) {
			if (this.refusal != null) {
				throw this.refusal;
			}
			return new Collection(this.call.again(), this.requests, this.joined, collector, continuation).begin();
		}

	}

	private enum Step {

		BEGIN, ACQUIRED, COLLECTED, RELEASED, ANSWERED

	}

	/**
	 * One collection: what the Kotlin compiler makes of a suspending function, by hand.
	 * Each step either goes on or suspends, and is then resumed on the dispatcher of the
	 * collector.
	 */
	private static final class Collection extends ContinuationImpl {

		private static final long serialVersionUID = 1L;

		private final transient LockCall call;

		private final transient FlowCollector<? super Object> collector;

		private final transient DetachedLocks locks;

		private final boolean unlocked;

		private Step step = Step.BEGIN;

		private @Nullable Throwable failure;

		private volatile boolean cancelledByLoss;

		@SuppressWarnings("unchecked")
		Collection(LockCall call, List<LockCall.Request> requests, @Nullable JoinedTransactions joined,
				FlowCollector<? super Object> collector, Continuation<? super Unit> continuation) {
			super((Continuation<Object>) (Continuation<?>) continuation);
			this.call = call;
			this.collector = collector;
			this.unlocked = requests.isEmpty();
			Context view = reactorContext();
			LockContext around = view.getOrDefault(LockContext.class, LockContext.find().orElse(null));
			// Those that begin inside are in a copy of this context, and not found
			ReactiveTransactions transactions = (joined != null && !this.unlocked)
					? new ReactiveTransactions(call, requests, joined, view, around) : null;
			this.locks = (transactions != null)
					? new DetachedLocks(call, requests, transactions.around(), transactions.joined())
					: new DetachedLocks(call, requests, around, null);
		}

		@Nullable Object begin() {
			return invokeSuspend(Unit.INSTANCE);
		}

		@Override
		protected @Nullable Object invokeSuspend(Object result) {
			@Nullable Object last = result;
			while (last != IntrinsicsKt.getCOROUTINE_SUSPENDED()) {
				try {
					switch (this.step) {
						case BEGIN -> last = acquire();
						case ACQUIRED -> last = collect(last);
						case COLLECTED -> last = release(last);
						case RELEASED -> last = answer((Outcome<?>) Objects.requireNonNull(last));
						case ANSWERED -> {
							if (last != null) {
								ResultKt.throwOnFailure(last);
							}
							return Unit.INSTANCE;
						}
					}
				}
				catch (Throwable ex) {
					if (this.step == Step.ANSWERED || this.step == Step.RELEASED) {
						throw sneaky(ex);
					}
					last = ResultKt.createFailure(ex);
				}
			}
			return last;
		}

		private @Nullable Object acquire() throws Throwable {
			if (this.unlocked) {
				this.step = Step.ANSWERED;
				return flow(this.call.proceedUnlocked()).collect(this.collector, this);
			}
			this.step = Step.ACQUIRED;
			CompletionStage<Outcome<LockContext>> acquired = this.locks.acquire().handle(Outcome::new);
			return FutureKt.await(acquired, this);
		}

		private @Nullable Object collect(@Nullable Object acquired) throws Throwable {
			this.step = Step.COLLECTED;
			Object given = Objects.requireNonNull(acquired);
			ResultKt.throwOnFailure(given);
			Outcome<?> outcome = (Outcome<?>) given;
			if (!(outcome.value instanceof LockContext context)) {
				throw (outcome.failure instanceof LockNotAcquiredException busy) ? new Busy(busy)
						: Objects.requireNonNullElseGet(outcome.failure, IllegalStateException::new);
			}
			CoroutineWork work = new CoroutineWork(context, getContext());
			this.call.awaits(work);
			Flow<Object> flow = FlowKt.flowOn(new Resumed(flow(this.call.proceed(context))),
					work.plus(new ReactorContext(reactorContext().put(LockContext.class, context))));
			if (this.call.method().onLost() != OnLost.INTERRUPT) {
				return flow.collect(this.collector, this);
			}
			return CoroutineScopeKt.coroutineScope((CoroutineScope scope, Continuation<? super Unit> continuation) -> {
				Job job = Objects.requireNonNull(scope.getCoroutineContext().get(Job.Key));
				context.onLost((event) -> {
					this.cancelledByLoss = true;
					job.cancel(new CancellationException("Lock '" + event.name() + "' was lost"));
				});
				return flow.collect(this.collector, continuation);
			}, this);
		}

		/** Also where the collector was cancelled, so nothing of it can be. */
		private @Nullable Object release(@Nullable Object collected) {
			this.step = Step.RELEASED;
			try {
				if (collected != null) {
					ResultKt.throwOnFailure(collected);
				}
			}
			catch (Throwable ex) {
				this.failure = ex;
			}
			SafeContinuation<Object> safe = new SafeContinuation<>(IntrinsicsKt.intercepted(this));
			DetachedLocks.on(this.locks.release(), (lost, ex) -> safe.resumeWith(new Outcome<>(lost, ex)));
			return safe.getOrThrow();
		}

		private @Nullable Object answer(Outcome<?> released) throws Throwable {
			this.step = Step.ANSWERED;
			if (this.failure instanceof Busy busy) {
				Object answer = this.call.answer(busy.refusal);
				return (answer != null) ? flow(answer).collect(this.collector, this) : Unit.INSTANCE;
			}
			Throwable failure = this.failure;
			LockLostException lost = (LockLostException) released.value;
			if (lost == null || this.call.method().onLost() == OnLost.IGNORE) {
				if (failure != null) {
					throw failure;
				}
				return Unit.INSTANCE;
			}
			if (failure == null) {
				throw lost;
			}
			if (this.cancelledByLoss && failure instanceof CancellationException) {
				lost.addSuppressed(failure);
				throw lost;
			}
			failure.addSuppressed(lost);
			throw failure;
		}

		@SuppressWarnings("unchecked")
		private Flow<Object> flow(@Nullable Object returned) {
			return (Flow<Object>) Objects.requireNonNull(returned,
					() -> this.call.method().where() + " returned no flow");
		}

		private Context reactorContext() {
			CoroutineContext context = getContext();
			ReactorContext there = context.get(ReactorContext.Key);
			return (there != null) ? there.getContext() : Context.empty();
		}

		@SuppressWarnings("unchecked")
		private static <E extends Throwable> RuntimeException sneaky(Throwable ex) throws E {
			throw (E) ex;
		}

	}

	/**
	 * A flow that finds its locks on its thread again when its collector has suspended.
	 * Without it, the thread that resumes the collector goes on with the flow at once,
	 * with what it carries for the collector alone.
	 */
	private record Resumed(Flow<Object> flow) implements Flow<Object> {

		@Override
		public @Nullable Object collect(FlowCollector<? super Object> collector,
				Continuation<? super Unit> continuation) {
			return this.flow.collect((value, emission) -> collector.emit(value, new Emission(emission)), continuation);
		}

	}

	/**
	 * The rest of a flow, after an element.
	 */
	private record Emission(Continuation<? super Unit> rest) implements Continuation<Unit> {

		@Override
		public CoroutineContext getContext() {
			return this.rest.getContext();
		}

		@Override
		public void resumeWith(Object result) {
			IntrinsicsKt.intercepted(this.rest).resumeWith(result);
		}

	}

	/**
	 * How a stage has completed. Coroutines would throw a copy of the exception.
	 */
	private record Outcome<T extends @Nullable Object>(@Nullable T value, @Nullable Throwable failure) {

	}

	/**
	 * Tells the refusal of this call's locks from one that its flow ran into.
	 */
	private static final class Busy extends RuntimeException {

		private static final long serialVersionUID = 1L;

		private final LockNotAcquiredException refusal;

		Busy(LockNotAcquiredException refusal) {
			super(refusal.getMessage(), refusal, false, false);
			this.refusal = refusal;
		}

	}

}
