package io.coordination.aop

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.reactor.awaitSingle
import kotlinx.coroutines.reactor.awaitSingleOrNull
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.assertThatExceptionOfType
import org.assertj.core.api.Assertions.assertThatIllegalStateException
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource
import org.springframework.boot.autoconfigure.AutoConfigurations
import org.springframework.boot.test.context.runner.ApplicationContextRunner
import org.springframework.context.annotation.Configuration
import org.springframework.r2dbc.core.DatabaseClient
import org.springframework.transaction.annotation.EnableTransactionManagement
import org.springframework.transaction.annotation.Propagation
import org.springframework.transaction.annotation.Transactional
import org.springframework.transaction.reactive.TransactionalOperator
import org.springframework.transaction.reactive.executeAndAwait

import io.coordination.lock.LockLostException
import io.coordination.test.LockTestAutoConfiguration
import io.coordination.test.LockTestSupport

/**
 * Locks and transactions of coroutines, of a real database. Whoever releases the lock with the function fails the tests
 * of transactions around; whoever does not ask for it before the commit fails those of lost locks.
 */
@Timeout(60)
internal class CoroutineTransactionTests {

	private val runner = ApplicationContextRunner()
		.withConfiguration(
			AutoConfigurations.of(LockTransactionAutoConfiguration::class.java, LockTestAutoConfiguration::class.java)
		)
		.withConfiguration(AutoConfigurations.of(*LockedFixture.CONFIGURATION))
		.withUserConfiguration(ReactiveStock.Database::class.java, Transactions::class.java)
		.withPropertyValues("coordination.backend=memory")
		.withBean(ReactiveStock::class.java)
		.withBean(ReactiveStock.Rows::class.java)
		.withBean(Service::class.java)

	enum class Style {

		SUSPENDING, FLOW;

		suspend fun deduct(service: Service, after: suspend () -> Unit) = when (this) {
			SUSPENDING -> service.deduct(after)
			FLOW -> service.deductions(after).collect()
		}

		suspend fun deductInItsOwn(service: Service) = when (this) {
			SUSPENDING -> service.deductInItsOwn()
			FLOW -> service.deductionsInTheirOwn().collect()
		}

	}

	@Test
	fun aLockThatWasLostRollsBack() = visit { all ->
		assertThatExceptionOfType(LockLostException::class.java)
			.isThrownBy { runBlocking { all.service.deduct { all.lose() } } }
		assertThat(all.stock.quantity()).isEqualTo(1000)
		all.service.deduct { }
		assertThat(all.stock.quantity()).isEqualTo(999)
		assertThat(all.stock.held()).isEmpty()
	}

	@Test
	fun aTransactionOfAFlowCanBeCheckedByItself() = visit { all ->
		assertThatExceptionOfType(LockLostException::class.java)
			.isThrownBy {
				runBlocking {
					all.service.deductions {
						all.lose()
						ReactiveLockContext.current().awaitSingle().ensureHeld()
					}.collect()
				}
			}
		assertThat(all.stock.quantity()).isEqualTo(1000)
	}

	@ParameterizedTest
	@EnumSource
	fun aTransactionOfTheFunctionIsInsideOfTheLock(style: Style) = visit { all ->
		style.deduct(all.service) { all.stock.observe().awaitSingleOrNull() }
		assertThat(all.stock.seen()).containsExactly("before commit [stock]", "after completion [stock]")
		assertThat(all.stock.held()).isEmpty()
	}

	@ParameterizedTest
	@EnumSource
	fun aTransactionAroundKeepsTheLockUntilItHasEnded(style: Style) = visit { all ->
		all.transactions.executeAndAwait {
			all.stock.observe().awaitSingleOrNull()
			style.deduct(all.service) { }
			all.stock.see("returned").awaitSingleOrNull()
			style.deduct(all.service) { }
		}
		assertThat(all.stock.seen())
			.containsExactly("returned [stock]", "before commit [stock]", "after completion [stock]")
		assertThat(all.stock.held()).isEmpty()
		assertThat(all.stock.quantity()).isEqualTo(998)
		all.transactions.executeAndAwait {
			style.deduct(all.service) { }
			it.setRollbackOnly()
		}
		assertThat(all.stock.held()).isEmpty()
		assertThat(all.stock.quantity()).isEqualTo(998)
	}

	@ParameterizedTest
	@EnumSource
	fun aTransactionAroundIsRolledBackWhenTheLockIsLostAfterTheFunction(style: Style) = visit { all ->
		assertThatExceptionOfType(LockLostException::class.java)
			.isThrownBy {
				runBlocking {
					all.transactions.executeAndAwait {
						style.deduct(all.service) { }
						all.lose()
					}
				}
			}
		assertThat(all.stock.quantity()).isEqualTo(1000)
		assertThat(all.stock.held()).isEmpty()
	}

	@ParameterizedTest
	@EnumSource
	fun aTransactionOfItsOwnIsInsideOfTheLock(style: Style) = visit { all ->
		all.transactions.executeAndAwait {
			style.deductInItsOwn(all.service)
			all.stock.see("returned").awaitSingleOrNull()
			it.setRollbackOnly()
		}
		assertThat(all.stock.seen()).containsExactly("returned []")
		assertThat(all.stock.quantity()).isEqualTo(999)
	}

	@ParameterizedTest
	@EnumSource
	fun aLockInsideOfATransactionCanBeForbidden(style: Style) =
		visit(this.runner.withPropertyValues("coordination.lock.transaction.on-active=fail")) { all ->
			assertThatIllegalStateException()
				.isThrownBy {
					runBlocking { all.transactions.executeAndAwait { style.deduct(all.service) { } } }
				}
				.withMessageContaining("acquires its lock inside of a transaction")
			style.deduct(all.service) { }
			assertThat(all.stock.quantity()).isEqualTo(999)
		}

	private fun visit(runner: ApplicationContextRunner = this.runner, body: suspend (Everything) -> Unit) {
		runner.run { context ->
			val stock = context.getBean(ReactiveStock::class.java)
			stock.prepare()
			val everything = Everything(
				stock, context.getBean(Service::class.java), context.getBean(TransactionalOperator::class.java),
				context.getBean(LockTestSupport::class.java)
			)
			runBlocking { body(everything) }
		}
	}

	private class Everything(
		val stock: ReactiveStock, val service: Service, val transactions: TransactionalOperator,
		private val locks: LockTestSupport
	) {

		fun lose() {
			assertThat(locks.loseAll()).contains("stock")
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement
	open class Transactions

	open class Service(private val client: DatabaseClient) {

		@Transactional
		@DistributedLock("stock")
		open suspend fun deduct(after: suspend () -> Unit) = readAndWrite(after)

		@Transactional
		@DistributedLock("stock")
		open fun deductions(after: suspend () -> Unit): Flow<String> = flow {
			readAndWrite(after)
			emit("done")
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		@DistributedLock("stock")
		open suspend fun deductInItsOwn() = readAndWrite { }

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		@DistributedLock("stock")
		open fun deductionsInTheirOwn(): Flow<String> = flow {
			readAndWrite { }
			emit("done")
		}

		private suspend fun readAndWrite(after: suspend () -> Unit) {
			val quantity = client.sql("select quantity from stock")
				.map { row -> checkNotNull(row.get(0, Int::class.javaObjectType)) }
				.one()
				.awaitSingle()
			client.sql("update stock set quantity = ${quantity - 1}").then().awaitSingleOrNull()
			after()
		}

	}

}
