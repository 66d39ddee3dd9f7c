package io.coordination.aop;

/**
 * Values that may be parts of keys.
 */
final class KeyParts {

	private KeyParts() {
	}

	@SuppressWarnings("ArrayRecordComponent")
	public record Digest(byte[] value) {

	}

	static class Amount extends Number {

		private static final long serialVersionUID = 1L;

		@Override
		public int intValue() {
			return 7;
		}

		@Override
		public long longValue() {
			return 7;
		}

		@Override
		public float floatValue() {
			return 7;
		}

		@Override
		public double doubleValue() {
			return 7;
		}

	}

	record Part(Digest digest) {

	}

	record Box<T>(T content) {

	}

	@SuppressWarnings("ArrayRecordComponent")
	record Written(byte[] value) {

		@Override
		public String toString() {
			return String.valueOf(this.value[0]);
		}

	}

}
