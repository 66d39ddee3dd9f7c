package io.coordination.aop;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.Handle;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.Opcodes;
import org.springframework.asm.SpringAsmInfo;
import org.springframework.asm.Type;
import org.springframework.util.ClassUtils;

/**
 * Finds calls that an object makes to a guarded method of its own: they go past the
 * proxy, and run without the lock.
 * <p>
 * Reads the byte code, and takes a call for one on {@code this} where the calling code
 * has no other object of the class at hand: none from a field, a parameter, a call or a
 * cast. So it may miss some, but what it finds is one.
 */
final class SelfCalls {

	private static final Logger logger = LoggerFactory.getLogger(SelfCalls.class);

	private final Class<?> type;

	private final Map<String, Method> locked;

	private final Set<String> found = new TreeSet<>();

	private final Set<String> seen = new HashSet<>();

	private SelfCalls(Class<?> type, Collection<Method> locked) {
		this.type = type;
		this.locked = locked.stream()
			.collect(Collectors.toMap((method) -> method.getName() + Type.getMethodDescriptor(method),
					Function.identity(), (one, other) -> one));
	}

	/**
	 * Finds the calls in a class and in those that it extends.
	 * @param type the class
	 * @param locked its guarded methods
	 * @return who calls whom, for people
	 */
	static Collection<String> find(Class<?> type, Collection<Method> locked) {
		SelfCalls calls = new SelfCalls(type, locked);
		for (Class<?> each = type; each != null && each != Object.class; each = each.getSuperclass()) {
			calls.read(each);
		}
		return calls.found;
	}

	private void read(Class<?> each) {
		String file = ClassUtils.getClassFileName(each);
		try (InputStream bytes = each.getResourceAsStream(file)) {
			if (bytes != null) {
				new ClassReader(bytes).accept(new Methods(each), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
			}
		}
		catch (IOException | IllegalArgumentException ex) {
			logger.debug("The byte code of {} cannot be read", each.getName(), ex);
		}
	}

	private boolean isOurs(String internalName) {
		for (Class<?> each = this.type; each != null; each = each.getSuperclass()) {
			if (each != Object.class && Type.getInternalName(each).equals(internalName)) {
				return true;
			}
		}
		return false;
	}

	private boolean mayBeUs(Type type) {
		return type.getSort() == Type.OBJECT
				&& (isOurs(type.getInternalName()) || ClassUtils.getAllInterfacesForClassAsSet(this.type)
					.stream()
					.anyMatch((one) -> Type.getInternalName(one).equals(type.getInternalName())));
	}

	/**
	 * The methods of a class.
	 */
	private final class Methods extends ClassVisitor {

		private final Class<?> each;

		Methods(Class<?> each) {
			super(SpringAsmInfo.ASM_VERSION);
			this.each = each;
		}

		@Override
		public @Nullable MethodVisitor visitMethod(int access, String name, String descriptor,
				@Nullable String signature, String @Nullable [] exceptions) {
			// One that a subclass overrides is called by nobody but that
			boolean overridden = !SelfCalls.this.seen.add(name + descriptor);
			boolean others = overridden || (access & (Opcodes.ACC_STATIC | Opcodes.ACC_BRIDGE)) != 0;
			for (Type parameter : Type.getArgumentTypes(descriptor)) {
				others |= mayBeUs(parameter);
			}
			return others ? null : new Calls(this.each, name, descriptor);
		}

	}

	/**
	 * The calls of a method.
	 */
	private final class Calls extends MethodVisitor {

		private final Class<?> caller;

		private final String name;

		private final String descriptor;

		private final Set<String> called = new TreeSet<>();

		private boolean others;

		Calls(Class<?> caller, String name, String descriptor) {
			super(SpringAsmInfo.ASM_VERSION);
			this.caller = caller;
			this.name = name;
			this.descriptor = descriptor;
		}

		@Override
		public void visitFieldInsn(int opcode, String owner, String field, String type) {
			this.others |= (opcode == Opcodes.GETFIELD || opcode == Opcodes.GETSTATIC) && mayBeUs(Type.getType(type));
		}

		@Override
		public void visitTypeInsn(int opcode, String type) {
			this.others |= (opcode == Opcodes.NEW || opcode == Opcodes.CHECKCAST) && mayBeUs(Type.getObjectType(type));
		}

		@Override
		public void visitMethodInsn(int opcode, String owner, String method, String type, boolean isInterface) {
			this.others |= mayBeUs(Type.getReturnType(type));
			boolean overridden = opcode == Opcodes.INVOKESPECIAL && method.equals(this.name)
					&& type.equals(this.descriptor);
			if (!overridden && isOurs(owner)) {
				call(method + type);
			}
		}

		@Override
		public void visitInvokeDynamicInsn(String method, String type, Handle bootstrap, Object... arguments) {
			for (Object argument : arguments) {
				if (argument instanceof Handle handle && isOurs(handle.getOwner())) {
					call(handle.getName() + handle.getDesc());
				}
			}
		}

		private void call(String signature) {
			Method target = SelfCalls.this.locked.get(signature);
			if (target != null) {
				this.called.add(target.getName());
			}
		}

		@Override
		public void visitEnd() {
			if (!this.others) {
				this.called.forEach((target) -> SelfCalls.this.found
					.add(this.caller.getName() + "." + written(this.name) + " calls its own method '" + target + "'"));
			}
		}

		/** The method that a lambda was written in. */
		private static String written(String name) {
			return name.startsWith("lambda$") ? name.substring(7, name.lastIndexOf('$')) : name;
		}

	}

}
