package io.coordination.zookeeper;

import org.apache.zookeeper.KeeperException.Code;
import org.jspecify.annotations.Nullable;

/**
 * What ZooKeeper answered to one of its requests.
 *
 * @param <T> the type of the value
 * @param code how it went
 * @param value what was asked for; there only if it went well
 */
record Reply<T>(Code code, @Nullable T value) {

	static <T> Reply<T> of(int code, @Nullable T value) {
		Code known = Code.get(code);
		return new Reply<>((known != null) ? known : Code.SYSTEMERROR, value);
	}

	boolean isOk() {
		return this.code == Code.OK;
	}

	boolean isMissing() {
		return this.code == Code.NONODE;
	}

}
