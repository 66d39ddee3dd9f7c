package io.coordination.aop;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.core.ReactiveAdapter;

import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;

/**
 * Calls that return a reactive type. The locks are acquired for each subscription, and
 * held until it has ended: completed, failed or cancelled. Nothing blocks.
 * <p>
 * What is acquired is kept in an object that exists before the acquisition begins and
 * that each end of the subscription reaches ({@link DetachedLocks}): a grant that meets a
 * cancellation is not dropped with its signal.
 */
final class ReactiveCalls {

	private ReactiveCalls() {
	}

	/**
	 * Runs a call.
	 * @param joined what knows of transactions, or {@code null} if the application has
	 * none
	 */
	static Object run(LockCall call, @Nullable JoinedTransactions joined) {
		ReactiveAdapter adapter = Objects.requireNonNull(call.method().returned().adapter());
		List<LockCall.Request> requests;
		try {
			requests = call.requests();
		}
		catch (RuntimeException ex) {
			return adapter.fromPublisher(Mono.error(ex));
		}
		return adapter.fromPublisher(adapter.isMultiValue()
				? Flux.deferContextual((view) -> new Subscription(call.again(), requests, adapter, view, joined).many())
				: Mono
					.deferContextual((view) -> new Subscription(call.again(), requests, adapter, view, joined).one()));
	}

	/**
	 * One subscription.
	 */
	private static final class Subscription {

		private final LockCall call;

		private final boolean unlocked;

		private final ReactiveAdapter adapter;

		private final @Nullable ReactiveTransactions transactions;

		private final DetachedLocks locks;

		private volatile @Nullable LockLostException loss;

		Subscription(LockCall call, List<LockCall.Request> requests, ReactiveAdapter adapter, ContextView view,
				@Nullable JoinedTransactions joined) {
			LockContext around = view.getOrDefault(LockContext.class, LockContext.find().orElse(null));
			this.call = call;
			this.unlocked = requests.isEmpty();
			this.adapter = adapter;
			ReactiveTransactions mine = (joined != null && !this.unlocked)
					? new ReactiveTransactions(call, requests, joined, view, around) : null;
			this.transactions = mine;
			this.locks = (mine != null) ? new DetachedLocks(call, requests, mine.around(), mine.joined())
					: new DetachedLocks(call, requests, around, null);
		}

		Flux<?> many() {
			if (this.unlocked) {
				return Flux.from(publisher(null));
			}
			return Flux
				.usingWhen(Mono.just(this.locks),
						(mine) -> acquire().flatMapMany((context) -> told(context, body(context))), (mine) -> end(),
						(mine, ex) -> fail(ex), (mine) -> cancel())
				.onErrorMap(this::unwrapped)
				.onErrorResume(Busy.class, (busy) -> Flux.from(answer(busy.refusal)));
		}

		Mono<?> one() {
			if (this.unlocked) {
				return Mono.from(publisher(null));
			}
			return Mono.usingWhen(Mono.just(this.locks),
					// Neither flatMap nor Mono.from: they end with the value
					(mine) -> acquire().flatMapMany((context) -> told(context, body(context))).singleOrEmpty(),
					(mine) -> end(), (mine, ex) -> fail(ex), (mine) -> cancel())
				.onErrorMap(this::unwrapped)
				.onErrorResume(Busy.class, (busy) -> Mono.from(answer(busy.refusal)));
		}

		private Mono<LockContext> acquire() {
			return Mono.fromFuture(this.locks::acquire, true)
				.publishOn(Schedulers.parallel())
				.onErrorMap(LockNotAcquiredException.class, Busy::new);
		}

		private Flux<Object> body(LockContext context) {
			ReactiveTransactions mine = this.transactions;
			return Flux.<Object>from(publisher(context)).contextWrite((outer) -> {
				Context inner = outer.put(LockContext.class, context);
				return (mine != null) ? mine.inside(inner, context) : inner;
			});
		}

		private Flux<Object> told(LockContext context, Flux<Object> body) {
			if (this.call.method().onLost() != OnLost.INTERRUPT) {
				return body;
			}
			// An error of the other would not cancel the body, its end does
			AtomicReference<@Nullable LockLostException> told = new AtomicReference<>();
			Mono<Object> loss = Mono.create((sink) -> context.onLost((event) -> {
				told.compareAndSet(null, new LockLostException(
						"Lock '" + event.name() + "' was lost while " + this.call.method().where() + " was under way"));
				sink.success();
			}));
			return body.takeUntilOther(loss).concatWith(Mono.defer(() -> {
				LockLostException lost = told.get();
				return (lost != null) ? Mono.error(lost) : Mono.empty();
			}));
		}

		private Publisher<?> publisher(@Nullable LockContext context) {
			Object returned;
			try {
				returned = (context != null) ? this.call.proceed(context) : this.call.proceedUnlocked();
			}
			catch (Throwable ex) {
				return Flux.error(ex);
			}
			CoroutineWork work = this.call.work();
			Publisher<Object> publisher = this.adapter.toPublisher(returned);
			return (work != null) ? work.counted(publisher) : publisher;
		}

		private Publisher<?> answer(LockNotAcquiredException busy) {
			Object answer;
			try {
				answer = this.call.answer(busy);
			}
			catch (Throwable ex) {
				return Flux.error(ex);
			}
			return (answer != null) ? this.adapter.toPublisher(answer) : Flux.empty();
		}

		private Mono<?> end() {
			Mono<LockLostException> loss = Mono.fromFuture(this.locks::release, true).publishOn(Schedulers.parallel());
			return (this.call.method().onLost() != OnLost.IGNORE)
					? loss.doOnNext((lost) -> this.loss = lost).flatMap(Mono::error) : loss;
		}

		// An error of what comes after the completion is wrapped on its way
		private Throwable unwrapped(Throwable failure) {
			LockLostException lost = this.loss;
			return (lost != null && failure.getCause() == lost) ? lost : failure;
		}

		private Mono<?> fail(Throwable failure) {
			return Mono.fromFuture(this.locks::release, true)
				.publishOn(Schedulers.parallel())
				.doOnNext((lost) -> failure.addSuppressed(lost));
		}

		private Mono<?> cancel() {
			Mono<?> release = Mono.fromFuture(this.locks::release, true);
			return (this.transactions != null) ? this.transactions.ended().then(release) : release;
		}

	}

	/**
	 * Tells the refusal of this call's locks from one that its method ran into.
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
