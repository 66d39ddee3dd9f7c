package io.coordination.aop;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.ProxyMethodInvocation;

import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;

/**
 * One call of a guarded method.
 */
final class LockCall {

	private final MethodInvocation invocation;

	private final LockedMethod method;

	private final @Nullable Object[] passed;

	private final @Nullable Object[] arguments;

	private final long since = System.nanoTime();

	private List<Request> requests = List.of();

	private volatile @Nullable CoroutineWork work;

	LockCall(MethodInvocation invocation, LockedMethod method) {
		this(invocation, method, invocation.getArguments());
	}

	private LockCall(MethodInvocation invocation, LockedMethod method, @Nullable Object[] passed) {
		this.invocation = invocation;
		this.method = method;
		this.passed = passed;
		this.arguments = method.suspending() ? Arrays.copyOf(passed, passed.length - 1) : passed;
	}

	/**
	 * The same call once more, for another subscriber.
	 */
	LockCall again() {
		LockCall again = new LockCall(this.invocation, this.method, this.passed);
		again.requests = this.requests;
		return again;
	}

	LockedMethod method() {
		return this.method;
	}

	Object target() {
		Object target = this.invocation.getThis();
		return (target != null) ? target : this.invocation.getMethod();
	}

	Method called() {
		return this.invocation.getMethod();
	}

	/**
	 * The arguments that the author of the method sees.
	 */
	@Nullable Object[] arguments() {
		return this.arguments;
	}

	/**
	 * The continuation of a suspending function.
	 */
	Object continuation() {
		return Objects.requireNonNull(this.passed[this.passed.length - 1]);
	}

	/**
	 * Completes when nothing runs any more that the method began, also after its end was
	 * told: cancelling a coroutine does not end it.
	 */
	CompletionStage<@Nullable Void> ended() {
		CoroutineWork work = this.work;
		return (work != null) ? work.ended() : CompletableFuture.completedFuture(null);
	}

	/**
	 * The coroutines of the call, if it runs in such.
	 */
	@Nullable CoroutineWork work() {
		return this.work;
	}

	/**
	 * Has the end of coroutines awaited.
	 */
	void awaits(CoroutineWork work) {
		this.work = work;
	}

	LockInvocation describe() {
		return new LockInvocation(target(), this.invocation.getMethod(), Arrays.asList(this.arguments));
	}

	/**
	 * Finds out what to lock: once, whatever happens to the arguments later.
	 * @return what to ask of each registry; nothing, if no condition holds
	 */
	List<Request> requests() {
		List<Request> found = new ArrayList<>(1);
		for (LockedMethod.Group group : this.method.groups()) {
			List<String> names = names(group);
			if (!names.isEmpty()) {
				found.add(new Request(group.registry().get(), names));
			}
		}
		this.requests = found;
		return found;
	}

	private List<String> names(LockedMethod.Group group) {
		Object target = target();
		Method called = this.invocation.getMethod();
		if (group.keys().size() == 1) {
			MethodKeys keys = group.keys().get(0);
			return keys.applies(target, called, this.arguments) ? keys.names(target, called, this.arguments)
					: List.of();
		}
		List<String> names = new ArrayList<>();
		for (MethodKeys keys : group.keys()) {
			if (keys.applies(target, called, this.arguments)) {
				names.addAll(keys.names(target, called, this.arguments));
			}
		}
		return names;
	}

	/**
	 * Runs the method. To be called by one thread at a time, and by whoever has the
	 * locks.
	 */
	@Nullable Object proceed(LockContext context) throws Throwable {
		LockContext before = context.open();
		try {
			return ready(context).proceed();
		}
		finally {
			LockContext.close(before);
		}
	}

	/**
	 * Runs the method without a lock, where it needs none.
	 */
	@Nullable Object proceedUnlocked() throws Throwable {
		if (this.method.outlastsCall() && this.invocation instanceof ProxyMethodInvocation proxied) {
			return proxied.invocableClone(this.passed.clone()).proceed();
		}
		return this.invocation.proceed();
	}

	// An invocation goes on once, but a publisher may be subscribed to again.
	private MethodInvocation ready(LockContext context) {
		int parameter = this.method.tokenParameter();
		if (!(this.invocation instanceof ProxyMethodInvocation proxied)) {
			return this.invocation;
		}
		if (parameter < 0 && !this.method.outlastsCall()) {
			return this.invocation;
		}
		@Nullable Object[] arguments = this.passed.clone();
		if (parameter >= 0) {
			arguments[parameter] = context.fencingToken();
		}
		if (this.method.suspending()) {
			arguments[arguments.length - 1] = SuspendingFunctions.guarded(this, context);
		}
		return proxied.invocableClone(arguments);
	}

	@Nullable Object answer(LockNotAcquiredException busy) throws Throwable {
		return this.method.busy().answer(this, busy);
	}

	/**
	 * How long the call has taken so far.
	 */
	Duration waited() {
		return Duration.ofNanos(System.nanoTime() - this.since);
	}

	/**
	 * The time that is left of a wait time.
	 */
	@Nullable Duration left(@Nullable Duration waitTime) {
		if (waitTime == null || waitTime.isZero()) {
			return waitTime;
		}
		Duration left = waitTime.minus(waited());
		return left.isNegative() ? Duration.ZERO : left;
	}

	/**
	 * The busy exception with the message of the annotation, if it has one.
	 */
	LockNotAcquiredException told(LockNotAcquiredException busy) {
		String message = message(busy);
		if (message.equals(busy.getMessage())) {
			return busy;
		}
		LockNotAcquiredException told = new LockNotAcquiredException(message, busy.remainingLease().orElse(null));
		told.addSuppressed(busy);
		return told;
	}

	String message(LockNotAcquiredException busy) {
		String names = String.join(", ", this.requests.stream().flatMap((one) -> one.names().stream()).toList());
		return this.method.messages()
			.message(target(), this.invocation.getMethod(), this.arguments, names, waited(),
					String.valueOf(busy.getMessage()));
	}

	/**
	 * What to ask of one registry.
	 *
	 * @param registry the registry
	 * @param names the names of the locks, in no particular order
	 */
	record Request(LockRegistry registry, List<String> names) {

	}

}
