package io.coordination.jdbc;

/**
 * A JPA entity that keeps the fencing token it was last written with, in a column of its
 * own (not null, zero at first).
 *
 * @see JpaFencingGuard
 */
public interface Fenced {

	/**
	 * The fencing token of the last write.
	 * @return the token, or zero if it was never written under a lock
	 */
	long getFence();

	/**
	 * Sets the fencing token of the next write. For {@link JpaFencingGuard}, and for a
	 * new entity.
	 * @param fence the token
	 */
	void setFence(long fence);

}
