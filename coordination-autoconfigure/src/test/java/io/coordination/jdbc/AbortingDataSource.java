package io.coordination.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * A database that does as PostgreSQL: after a statement that failed, a transaction takes
 * no other one before it was rolled back, at least to a savepoint.
 */
final class AbortingDataSource extends DelegatingDataSource {

	AbortingDataSource(DataSource target) {
		super(target);
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = super.getConnection();
		boolean[] aborted = new boolean[1];
		return proxy(Connection.class, (proxy, method, arguments) -> {
			Object result = invoke(connection, method.getName().equals("rollback") ? new boolean[1] : aborted, method,
					arguments);
			if (method.getName().equals("rollback")) {
				aborted[0] = false;
			}
			return (result instanceof PreparedStatement statement)
					? proxy(PreparedStatement.class,
							(self, call, parameters) -> invoke(statement,
									call.getName().startsWith("execute") ? aborted : new boolean[1], call, parameters))
					: result;
		});
	}

	private static <T> T proxy(Class<T> type, InvocationHandler handler) {
		return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type }, handler));
	}

	private static Object invoke(Object target, boolean[] aborted, Method method, Object[] arguments) throws Throwable {
		if (aborted[0] && method.getName().matches("execute.*|prepareStatement|commit")) {
			throw new SQLException("current transaction is aborted, commands ignored until end of transaction block",
					"25P02");
		}
		try {
			return method.invoke(target, arguments);
		}
		catch (InvocationTargetException ex) {
			aborted[0] |= method.getName().startsWith("execute");
			throw ex.getCause();
		}
	}

}
