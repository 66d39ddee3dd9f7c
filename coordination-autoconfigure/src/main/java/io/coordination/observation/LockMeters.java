package io.coordination.observation;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.lock.event.LockAcquired;
import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockListener;
import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockRefused;
import io.coordination.lock.event.LockReleased;
import io.micrometer.common.KeyValue;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Feeds the meters of {@link LockMeter} with what happens to locks. Spring Boot makes one
 * for its registry of locks; give it to the builder of your own:
 *
 * <pre class="code">
 * LockRegistryBuilder.of(factory).listener(new LockMeters(meterRegistry)).build()
 * </pre>
 *
 * Safe for use by many threads. Knows a thousand labels, more than any application has;
 * what comes after them is counted together, so that labels with keys in them fill no
 * memory.
 */
public final class LockMeters implements LockListener {

	static final int MAX_LABELS = 1000;

	static final String OTHER = "other";

	private static final Logger logger = LoggerFactory.getLogger(LockMeters.class);

	private final MeterRegistry registry;

	private final Map<String, LabelMeters> byLabel = new ConcurrentHashMap<>();

	private final AtomicBoolean full = new AtomicBoolean();

	/**
	 * Meters in a registry.
	 * @param registry the registry
	 */
	public LockMeters(MeterRegistry registry) {
		this.registry = Objects.requireNonNull(registry, "'registry' must not be null");
	}

	@Override
	public void accept(LockEvent event) {
		LabelMeters meters = of(event.label());
		if (event instanceof LockAcquired acquired) {
			meters.acquire(LockMeter.Outcome.ACQUIRED).record(acquired.waited());
		}
		else if (event instanceof LockRefused refused) {
			meters.acquire(outcome(refused.reason())).record(refused.waited());
		}
		else if (event instanceof LockReleased released) {
			meters.hold().record(released.heldFor());
		}
		else if (event instanceof LockLost lost) {
			meters.hold().record(lost.heldFor());
			meters.lost(lost.cause()).increment();
		}
	}

	private LabelMeters of(@Nullable String label) {
		String value = (label != null) ? label : KeyValue.NONE_VALUE;
		LabelMeters known = this.byLabel.get(value);
		return (known != null) ? known
				: this.byLabel.computeIfAbsent(bounded(value), (absent) -> new LabelMeters(this.registry, absent));
	}

	private String bounded(String label) {
		if (this.byLabel.size() < MAX_LABELS) {
			return label;
		}
		if (this.full.compareAndSet(false, true)) {
			logger
				.warn("Locks have more than {} labels, the rest is counted as '{}': labels must be few, without a key "
						+ "in them, but there is '{}'", MAX_LABELS, OTHER, label);
		}
		return OTHER;
	}

	private static LockMeter.Outcome outcome(LockRefused.Reason reason) {
		return switch (reason) {
			case BUSY -> LockMeter.Outcome.BUSY;
			case BACKEND -> LockMeter.Outcome.FAILED;
			case UNKNOWN -> LockMeter.Outcome.UNKNOWN;
			case ABANDONED -> LockMeter.Outcome.ABANDONED;
			case STOPPED -> LockMeter.Outcome.STOPPED;
		};
	}

}
