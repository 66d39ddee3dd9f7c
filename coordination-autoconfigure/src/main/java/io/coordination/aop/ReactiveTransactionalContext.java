package io.coordination.aop;

import java.util.Map;
import java.util.stream.Stream;

import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.transaction.reactive.TransactionContext;

/**
 * The Reactor context of a method that holds locks: finds out which transactions begin
 * inside of it.
 * <p>
 * Nothing tells of them: a listener of a transaction manager does not get to know the
 * Reactor context, and what begins inside of the method is not in the context around it.
 * But each use of a transaction, its commit and its rollback among them, asks the context
 * for it, and synchronizations that are registered then are in time. A context that is
 * made anew from the entries of this one is not found.
 */
final class ReactiveTransactionalContext implements Context {

	private final Context entries;

	private final ReactiveInnerTransactions transactions;

	ReactiveTransactionalContext(Context entries, ReactiveInnerTransactions transactions) {
		this.entries = entries;
		this.transactions = transactions;
	}

	@Override
	@SuppressWarnings("TypeParameterUnusedInFormals") // As it is declared
	public <T> T get(Object key) {
		T value = this.entries.get(key);
		if (value instanceof TransactionContext transaction) {
			this.transactions.see(transaction);
		}
		return value;
	}

	@Override
	public boolean hasKey(Object key) {
		return this.entries.hasKey(key);
	}

	@Override
	public int size() {
		return this.entries.size();
	}

	@Override
	public Stream<Map.Entry<Object, Object>> stream() {
		return this.entries.stream();
	}

	@Override
	public Context put(Object key, Object value) {
		return with(this.entries.put(key, value));
	}

	@Override
	public Context delete(Object key) {
		return with(this.entries.delete(key));
	}

	@Override
	public Context putAll(ContextView others) {
		return with(this.entries.putAll(others));
	}

	@Override
	public Context putAllMap(Map<?, ?> others) {
		return with(this.entries.putAllMap(others));
	}

	private Context with(Context entries) {
		return new ReactiveTransactionalContext(entries, this.transactions);
	}

	@Override
	public String toString() {
		return this.entries.toString();
	}

}
