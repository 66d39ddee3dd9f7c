package io.coordination.observation;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;

/**
 * The meters of locks, with their names and tags. No tag has the name of a lock in it,
 * let alone a key: each value of a tag makes time series of its own, for ever.
 */
public enum LockMeter implements MeterDocumentation {

	/**
	 * How long it took until a lock was acquired, or was not: one record for each lock
	 * that a caller asked for and did not hold already.
	 */
	ACQUIRE {

		@Override
		public String getName() {
			return "coordination.lock.acquire";
		}

		@Override
		public Meter.Type getType() {
			return Meter.Type.TIMER;
		}

		@Override
		public KeyName[] getKeyNames() {
			return new KeyName[] { Tag.LOCK, Tag.OUTCOME };
		}

	},

	/**
	 * How long a lock was held, until it was released or lost. A release that the store
	 * did not confirm is not in it.
	 */
	HOLD {

		@Override
		public String getName() {
			return "coordination.lock.hold";
		}

		@Override
		public Meter.Type getType() {
			return Meter.Type.TIMER;
		}

		@Override
		public KeyName[] getKeyNames() {
			return new KeyName[] { Tag.LOCK };
		}

	},

	/**
	 * How often a held lock was lost. Zero from the first time on that a lock is asked
	 * for, so that the first loss is an increase.
	 */
	LOST {

		@Override
		public String getName() {
			return "coordination.lock.lost";
		}

		@Override
		public Meter.Type getType() {
			return Meter.Type.COUNTER;
		}

		@Override
		public KeyName[] getKeyNames() {
			return new KeyName[] { Tag.LOCK, Tag.CAUSE };
		}

	};

	@Override
	public String getPrefix() {
		return "coordination.lock";
	}

	/**
	 * The tags.
	 */
	public enum Tag implements KeyName {

		/**
		 * The label of the lock, which is the name in its annotation; {@code none} for
		 * locks without one, {@code other} for those that are too many.
		 */
		LOCK("lock"),

		/**
		 * What became of an acquisition: see {@link Outcome}.
		 */
		OUTCOME("outcome"),

		/**
		 * Why a lock was lost, as {@link io.coordination.lock.event.LockLost.Cause} says,
		 * in lower case.
		 */
		CAUSE("cause");

		private final String key;

		Tag(String key) {
			this.key = key;
		}

		@Override
		public String asString() {
			return this.key;
		}

	}

	/**
	 * What became of an acquisition.
	 */
	public enum Outcome {

		/** The lock was acquired. */
		ACQUIRED("acquired"),

		/** Others held it for the whole wait time. */
		BUSY("busy"),

		/** The caller was interrupted or cancelled the wait. */
		ABANDONED("abandoned"),

		/** The store could not be asked. */
		FAILED("failed"),

		/** The store did not answer; what it may have granted was given back. */
		UNKNOWN("unknown"),

		/** The registry was stopped. */
		STOPPED("stopped");

		private final String value;

		Outcome(String value) {
			this.value = value;
		}

		/**
		 * The value of the tag.
		 * @return the value
		 */
		public String asString() {
			return this.value;
		}

	}

}
