package io.coordination.jdbc;

import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;

import io.coordination.lock.LockHandle;
import io.coordination.lock.StaleLockException;

/**
 * Keeps holders of a lock who lost it without knowing from writing to a JPA entity that
 * keeps its fencing token.
 *
 * <pre class="code">
 * Stock stock = this.entityManager.find(Stock.class, skuId);
 * JpaFencingGuard.check(this.entityManager, stock, token);   // before anything is read from it
 * stock.deduct(quantity);
 * </pre>
 *
 * JPA writes when it flushes, mostly at commit, and says {@code WHERE id = ?} then. A
 * comparison in memory, also in {@code @PreUpdate}, is one with what was loaded, and says
 * nothing of who has committed since. So the check reads the row again and has the
 * database lock it ({@link LockModeType#PESSIMISTIC_WRITE}) until the transaction ends:
 * whoever else checks the entity waits, and what is flushed is written to the row that
 * was compared. The order of checks is the order of commits, as with
 * {@link FencingGuard}, which also works in transactions of JPA, and needs no column in
 * the entity. Without a check nothing is refused; {@code @Version} beside it does no
 * harm.
 * <p>
 * Safe for use by many threads, as far as the entity manager is.
 */
public final class JpaFencingGuard {

	private JpaFencingGuard() {
	}

	/**
	 * Checks that the entity was not written with a larger token, and has it written with
	 * this one. To be called before the entity is read or changed: it is read again, and
	 * what was changed and not flushed is forgotten. Waits while another transaction that
	 * checked the entity is under way.
	 * @param entityManager which manages the entity
	 * @param entity a managed entity
	 * @param token the fencing token of the lock
	 * @throws StaleLockException if the entity has a larger token; the transaction should
	 * be rolled back
	 * @throws IllegalStateException if the entity manager takes part in no transaction
	 * @throws IllegalArgumentException if the token is not positive, or the entity is not
	 * managed
	 * @throws jakarta.persistence.EntityNotFoundException if the row is not there any
	 * more
	 * @throws jakarta.persistence.PersistenceException if the database fails
	 */
	public static void check(EntityManager entityManager, Fenced entity, long token) {
		Tokens.requirePositive(token);
		if (!entityManager.isJoinedToTransaction()) {
			throw new IllegalStateException("The fencing token of " + name(entityManager, entity) + " was not checked: "
					+ "its entity manager takes part in no transaction, so others could write between the check and "
					+ "the write. Check it in the transaction that writes, such as in a @Transactional method");
		}
		entityManager.refresh(entity, LockModeType.PESSIMISTIC_WRITE);
		if (entity.getFence() > token) {
			throw Tokens.stale(name(entityManager, entity), token, entity.getFence());
		}
		entity.setFence(token);
	}

	/**
	 * Checks the token of a lock as {@link #check(EntityManager, Fenced, long)} does.
	 * @param entityManager which manages the entity
	 * @param entity a managed entity
	 * @param handle the lock, of one name. Its state is not asked for: the database
	 * decides
	 */
	public static void check(EntityManager entityManager, Fenced entity, LockHandle handle) {
		check(entityManager, entity, handle.fencingToken());
	}

	private static String name(EntityManager entityManager, Fenced entity) {
		return entity.getClass().getSimpleName() + " "
				+ entityManager.getEntityManagerFactory().getPersistenceUnitUtil().getIdentifier(entity);
	}

}
